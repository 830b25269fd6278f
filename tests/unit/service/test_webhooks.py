"""One attempt to deliver, and what follows from it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from cutout.domain.errors import FailedToTransferImage, InternalServerError, ServiceUnavailable
from cutout.domain.tasks import TaskKey
from cutout.domain.webhooks import ATTEMPTS
from cutout.service.webhooks import TIMEOUT_S, Attempt, Deliveries, Message, Verdict
from cutout.wire.deliveries import delivery_of
from tests.fakes.webhooks import MemoryDeliveryQueue, MemoryWebhookSecrets, Receiver

KEY = TaskKey("acme", uuid4())
URL = "https://hooks.example/done"
BODY = json.dumps({"account": "acme", "taskUUID": str(KEY.task_uuid), "url": URL})
ITEM = b'{"imageURL":"https://objects.example/a.png"}'


@dataclass
class Post:
    receiver: Receiver = field(default_factory=Receiver)
    secrets: MemoryWebhookSecrets = field(default_factory=MemoryWebhookSecrets)
    queue: MemoryDeliveryQueue = field(default_factory=MemoryDeliveryQueue)
    reported: list[Exception] = field(default_factory=list)
    item: bytes | None = ITEM
    fault: Exception | None = None

    def compose(self, _key: TaskKey) -> bytes | None:
        if self.fault:
            raise self.fault
        return self.item

    def take(self, body: str = BODY, number: int = 1) -> Attempt:
        deliveries = Deliveries(
            read=delivery_of,
            compose=self.compose,
            secrets=self.secrets,
            poster=self.receiver,
            queue=self.queue,
            # The verifying library reads the clock itself, and other tests may have run for minutes since this file was imported.
            clock=lambda: int(datetime.now(UTC).timestamp() * 1000),
            monotonic=lambda: 100.0,
            jitter=lambda: 0.5,
            report=self.reported.append,
        )
        return deliveries.take(Message(body, "receipt", number))


@pytest.fixture
def post() -> Post:
    return Post()


def test_the_receiver_gets_the_item_as_it_is_signed(post):
    assert post.take().key == KEY
    ((url, body, headers, deadline),) = post.receiver.received
    assert url == URL
    assert Webhook(post.secrets.of("acme", 0).current).verify(body, dict(headers)) == json.loads(ITEM)
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == str(KEY.task_uuid)
    assert deadline == 100.0 + TIMEOUT_S


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_two_hundreds_are_success(post, status):
    post.receiver.status = status
    assert post.take().verdict is Verdict.DELIVERED
    assert (post.queue.postponed, post.queue.parked) == ([], [])


@pytest.mark.parametrize("status", [199, 301, 307, 400, 401, 404, 409, 429, 500, 502, 503])
def test_anything_else_is_tried_again_later(post, status):
    post.receiver.status = status
    assert post.take(number=3) == Attempt(Verdict.RETRY, f"The receiver answered with status {status}.", KEY)
    assert post.queue.postponed == [("receipt", 40)]


def test_whoever_says_gone_is_not_asked_again(post):
    post.receiver.status = 410
    assert post.take().verdict is Verdict.PARK
    assert post.queue.parked == [(BODY, "The receiver answered with status 410.")]


def test_no_answer_is_tried_again_later(post):
    post.receiver.fault = FailedToTransferImage("Too late.", parameter="webhookURL")
    assert post.take() == Attempt(Verdict.RETRY, "Too late.", KEY)
    assert post.queue.postponed == [("receipt", 2)]


def test_an_address_that_will_never_do_is_not_tried_again(post):
    post.receiver.fault = FailedToTransferImage("Only https.", final=True)
    assert post.take().verdict is Verdict.PARK
    assert post.queue.parked == [(BODY, "Only https.")]


def test_after_the_last_attempt_the_queue_gets_it_at_once_to_park_it(post):
    post.receiver.status = 500
    assert post.take(number=ATTEMPTS).verdict is Verdict.RETRY
    assert post.queue.postponed == [("receipt", 0)]


def test_nothing_is_sent_of_a_task_that_is_not_finished(post):
    post.item = None
    assert post.take().verdict is Verdict.RETRY
    assert post.receiver.received == []


@pytest.mark.parametrize(
    ("fault", "told"), [(ServiceUnavailable("Away."), ServiceUnavailable), (KeyError("x"), InternalServerError)]
)
def test_a_fault_of_ours_is_reported_and_tried_again_later(post, fault, told):
    post.fault = fault
    assert post.take().verdict is Verdict.RETRY
    assert [type(error) for error in post.reported] == [told]
    assert len(post.queue.postponed) == 1


@pytest.mark.parametrize("status", [410, 500])
def test_a_queue_that_is_away_keeps_the_message(post, status):
    post.receiver.status, post.queue.fault = status, ServiceUnavailable("Away.")
    assert post.take().verdict is Verdict.RETRY
    assert len(post.reported) == 1


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "{}", "7", '{"account": "a", "taskUUID": "b", "url": "c"}', BODY.replace("https", "\\"), BODY[:-1] + "]"],
)
def test_a_message_that_is_no_delivery_is_parked(post, body):
    assert post.take(body).verdict is Verdict.PARK
    assert post.queue.parked[0][0] == body
    assert post.receiver.received == []


def test_a_field_of_another_type_is_no_delivery(post):
    assert post.take(json.dumps({"account": "a", "taskUUID": str(UUID(int=0)), "url": 5})).verdict is Verdict.PARK
