"""One attempt to deliver, and what it leads to."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from cutout.domain.errors import FailedToTransferImage, ServiceUnavailable
from cutout.domain.tasks import TaskKey
from cutout.service.webhooks import TIMEOUT_S, Deliveries, Delivery, Verdict
from tests.fakes.webhooks import MemoryWebhookSecrets, Receiver

DELIVERY = Delivery(TaskKey("acme", uuid4()), "https://hooks.example/done")
NOW_MS = int(datetime.now(UTC).timestamp() * 1000)  # the verifying library reads the clock itself


def deliveries(
    receiver: Receiver, compose=lambda _key: b'{"imageURL":"https://objects.example/a.png"}', secrets=None
) -> Deliveries:
    return Deliveries(compose, secrets or MemoryWebhookSecrets(), receiver, lambda: NOW_MS, lambda: 100.0)


def attempt(**receiver) -> tuple[Verdict, str]:
    made = deliveries(Receiver(**receiver)).attempt(DELIVERY)
    return made.verdict, made.reason


def test_the_receiver_gets_the_item_as_it_is_signed():
    receiver, secrets = Receiver(), MemoryWebhookSecrets()
    deliveries(receiver, secrets=secrets).attempt(DELIVERY)
    ((url, body, headers, deadline),) = receiver.received
    assert url == DELIVERY.url
    assert Webhook(secrets.of("acme", 0).current).verify(body, dict(headers)) == {"imageURL": "https://objects.example/a.png"}
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == str(DELIVERY.key.task_uuid)
    assert deadline == 100.0 + TIMEOUT_S


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_two_hundreds_are_success(status):
    assert attempt(status=status)[0] is Verdict.DELIVERED


@pytest.mark.parametrize("status", [199, 301, 307, 400, 401, 404, 409, 429, 500, 502, 503])
def test_anything_else_is_tried_again(status):
    assert attempt(status=status) == (Verdict.RETRY, f"The receiver answered with status {status}.")


def test_whoever_says_gone_is_not_asked_again():
    assert attempt(status=410)[0] is Verdict.PARK


def test_no_answer_is_tried_again():
    assert attempt(fault=FailedToTransferImage("Too late.", parameter="webhookURL")) == (Verdict.RETRY, "Too late.")


def test_an_address_that_will_never_do_is_not_tried_again():
    assert attempt(fault=FailedToTransferImage("Only https.", final=True)) == (Verdict.PARK, "Only https.")


def test_nothing_is_sent_of_a_task_that_is_not_finished():
    receiver = Receiver()
    assert deliveries(receiver, lambda _key: None).attempt(DELIVERY).verdict is Verdict.RETRY
    assert receiver.received == []


def test_a_store_that_is_away_is_told_to_the_caller():
    def away(_key):
        raise ServiceUnavailable("Away.")

    with pytest.raises(ServiceUnavailable):
        deliveries(Receiver(), away).attempt(DELIVERY)
