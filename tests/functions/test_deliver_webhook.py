"""From a message of the queue to the request that a receiver gets, on moto's AWS."""

import base64
import io
import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from standardwebhooks.webhooks import Webhook

from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.tasks import DynamoTaskStore
from cutout.adapters.dynamodb.webhook_secrets import DynamoWebhookSecrets
from cutout.adapters.s3 import S3ObjectStore
from cutout.adapters.safe_http import SafeHttp
from cutout.adapters.sqs_deliveries import SqsDeliveries
from cutout.domain.accounts import Account
from cutout.domain.errors import InvalidInputImage
from cutout.domain.metering import Meter
from cutout.domain.remembered import remember
from cutout.domain.tasks import Asked, OutputType, TaskKey, TaskRecord
from tests.contract.builders import NOON, charge_of, new_record, with_error, with_result
from tests.functions.conftest import CONTEXT, ROOT
from tests.functions.zips import Zip, imported
from tests.unit.adapters.fetch_servers import Answer, Server, sized

SHOP = Account("shop", "The shop")
EVENT = json.loads((ROOT / "events" / "webhook-delivery.json").read_text())
PICTURE = b"\x89PNG and so on"


@pytest.fixture(scope="module")
def module() -> Iterator[Zip]:
    with imported("deliver_webhook.app") as entry:
        yield entry


@pytest.fixture
def entry(module, monkeypatch) -> Zip:
    """With queues of this test's own: a queue can't be emptied more than once a minute."""
    queue, parked = (module.sqs.create_queue(QueueName=str(uuid4()))["QueueUrl"] for _ in range(2))
    deliveries = replace(module.app.deliveries, queue=SqsDeliveries(module.sqs, queue, parked))
    monkeypatch.setattr(module.app, "deliveries", deliveries)
    return replace(module, queue=queue, parked=parked)


@pytest.fixture
def receiver(entry, monkeypatch):
    """Starts a receiver that gives these answers, one after the other; the function may deliver there without TLS."""
    servers = []

    def start(*answers: Answer, jitter: float = 0.0) -> Server:
        server = Server(*answers)
        servers.append(server)
        server.__enter__()
        poster = SafeHttp(allow_hosts=frozenset({f"127.0.0.1:{server.port}"}))
        monkeypatch.setattr(entry.app, "deliveries", replace(entry.app.deliveries, poster=poster, jitter=lambda: jitter))
        return server

    yield start
    for server in servers:
        server.__exit__()


@pytest.fixture
def finished(entry):
    """Records a task that is done, with its object, or has failed; returns its UUID."""
    table = Table(entry.dynamodb, entry.table)
    tasks = DynamoTaskStore(table, task_ttl_days=30, image_ttl_days=30)
    objects = S3ObjectStore(entry.s3, entry.bucket, url_ttl_s=60, max_bytes=1000)

    def finish(*outputs: OutputType, task_uuid: UUID | None = None, failed: bool = False, size: int = len(PICTURE)) -> UUID:
        asked = Asked(outputs or (OutputType.URL,), include_cost=True)
        record: TaskRecord = new_record(SHOP, created_ms=NOON, key=TaskKey("shop", task_uuid or uuid4()), asked=asked)
        tasks.create(record, SHOP, Meter())
        if failed:
            error = remember(InvalidInputImage("It's no picture.", parameter="inputImage"))
            tasks.fail(replace(with_error(record), error=error), SHOP, Meter())
            return record.key.task_uuid
        done = with_result(record)
        done = replace(done, image=replace(done.image, size_bytes=size))
        objects.put(done.image.object_key, PICTURE, "image/png", {}, Meter())
        tasks.commit(done, charge_of(done, 42), SHOP, Meter())
        return record.key.task_uuid

    return finish


@pytest.fixture
def deliver(entry):
    """Hands messages to the function, as the queue has them; returns the numbers of those that are to come again."""

    def deliver(*bodies: str) -> list[int]:
        messages = []
        for body in bodies:
            entry.sqs.send_message(QueueUrl=entry.queue, MessageBody=body)
            (received,) = entry.sqs.receive_message(QueueUrl=entry.queue, VisibilityTimeout=600)["Messages"]
            messages.append(received)
        event = deepcopy(EVENT)
        event["Records"] = [
            EVENT["Records"][0] | {"messageId": str(n), "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
            for n, message in enumerate(messages)
        ]
        failed = [int(item["itemIdentifier"]) for item in entry.app.handle(event, CONTEXT)["batchItemFailures"]]
        for n, message in enumerate(messages):
            if n not in failed:
                entry.sqs.delete_message(QueueUrl=entry.queue, ReceiptHandle=message["ReceiptHandle"])
        return failed

    return deliver


def message(task_uuid: UUID, server: Server) -> str:
    return json.dumps({"account": "shop", "taskUUID": str(task_uuid), "url": f"http://127.0.0.1:{server.port}/done?key=hunter2"})


def item(entry: Zip, request: bytes) -> dict:
    """The item that a receiver got, its signature checked by an independent implementation."""
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    secret = DynamoWebhookSecrets(Table(entry.dynamodb, entry.table)).of("shop", 0)
    return Webhook(secret.current).verify(body, headers)


def answer(status: int) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()


def test_the_event_on_file_is_delivered_signed_and_flat(entry, receiver, finished):
    task_uuid = finished(task_uuid=UUID("50836053-a0ee-4cf5-b9d6-ae7c5d140ada"))
    server = receiver(answer(204))
    event = deepcopy(EVENT)
    event["Records"][0]["body"] = EVENT["Records"][0]["body"].replace(
        "https://hooks.example.com", f"http://127.0.0.1:{server.port}"
    )
    assert entry.app.handle(event, CONTEXT) == {"batchItemFailures": []}
    (request,) = server.requests
    assert request.startswith(b"POST /cutouts HTTP/1.1\r\n")
    sent = item(entry, request)
    assert sent.keys() == {"taskType", "taskUUID", "imageUUID", "inputImageUUID", "imageURL", "cost"}
    assert (sent["taskUUID"], sent["cost"]) == (str(task_uuid), 0.000042)
    assert f"results/shop/{sent['imageUUID']}.png" in sent["imageURL"]


def test_an_inline_result_travels_with_it(entry, receiver, finished, deliver):
    server = receiver(sized(b""))
    assert deliver(message(finished(OutputType.BASE64), server)) == []
    assert base64.b64decode(item(entry, server.requests[0])["imageBase64Data"]) == PICTURE


def test_an_inline_result_that_is_too_large_is_told_as_an_error_that_names_the_way_out(entry, receiver, finished, deliver):
    server = receiver(sized(b""))
    assert deliver(message(finished(OutputType.BASE64, size=5_000_000), server)) == []
    sent = item(entry, server.requests[0])
    assert (sent["code"], sent["allowedValues"]) == ("outputTooLarge", ["URL"])


def test_of_a_failed_task_the_error_is_delivered(entry, receiver, finished, deliver):
    server, task_uuid = receiver(sized(b"")), finished(failed=True)
    assert deliver(message(task_uuid, server)) == []
    sent = item(entry, server.requests[0])
    assert (sent["code"], sent["message"], sent["taskUUID"]) == ("invalidInputImage", "It's no picture.", str(task_uuid))
    assert sent["documentation"] == "https://api.example/docs/errors#invalidInputImage"


def test_of_a_forgotten_task_the_receiver_is_told_so(entry, receiver, deliver):
    server = receiver(sized(b""))
    assert deliver(message(uuid4(), server)) == []
    assert item(entry, server.requests[0])["code"] == "taskFailedOrNotFound"


def test_a_delivery_that_failed_comes_again_when_its_pause_is_over(entry, receiver, finished, deliver):
    server = receiver(answer(500), answer(200), jitter=0.0)
    assert deliver(message(finished(), server)) == [0]
    (again,) = entry.sqs.receive_message(QueueUrl=entry.queue)["Messages"]  # the queue alone would keep it away for ten minutes
    assert again["Body"].endswith('/done?key=hunter2"}')


def test_one_receiver_that_fails_takes_no_other_with_it(entry, receiver, finished, deliver):
    server = receiver(answer(200))
    gone = json.dumps({"account": "shop", "taskUUID": str(finished()), "url": "http://127.0.0.1:1/"})
    good = message(finished(), server)
    assert deliver(good, "nonsense", gone, good) == []
    assert len(server.requests) == 2
    assert len(parked(entry)) == 2


def parked(entry: Zip) -> list[dict]:
    return entry.sqs.receive_message(QueueUrl=entry.parked, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
        "Messages", []
    )


def test_whoever_is_gone_is_parked_with_the_reason(entry, receiver, finished, deliver):
    server = receiver(answer(410))
    sent = message(finished(), server)
    assert deliver(sent) == []
    (lying,) = parked(entry)
    assert lying["Body"] == sent
    assert lying["MessageAttributes"]["reason"]["StringValue"] == "The receiver answered with status 410."


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://169.254.169.254/", "http://hooks.example.com/", "https://[::1]/"])
def test_an_unacceptable_address_gets_nothing_and_is_parked(entry, receiver, finished, deliver, url):
    receiver(answer(200))
    assert deliver(json.dumps({"account": "shop", "taskUUID": str(finished()), "url": url})) == []
    assert len(parked(entry)) == 1


def test_the_log_has_ids_and_neither_address_nor_secret(entry, receiver, finished, deliver):
    server, task_uuid, lines = receiver(answer(500)), finished(), io.StringIO()
    entry.app.logger.registered_handler.setStream(lines)
    deliver(message(task_uuid, server))
    (line,) = [json.loads(line) for line in lines.getvalue().splitlines() if "verdict" in line]
    assert (line["verdict"], line["account"], line["taskUUID"]) == ("retry", "shop", str(task_uuid))
    assert line["message"] == "The receiver answered with status 500."
    assert not {"hunter2", "whsec_", "127.0.0.1"} & {
        word for word in ("hunter2", "whsec_", "127.0.0.1") if word in lines.getvalue()
    }
