"""Asynchronous tasks through the real entries: acknowledged over HTTP, done by the queue's worker, asked for again."""

import base64
import json
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.functions.conftest import CONTEXT, ENVIRONMENT, ROOT

PICTURE = (Path(ROOT) / "docs/images/astronaut.jpg").read_bytes()
LATER = SimpleNamespace(**{**vars(CONTEXT), "get_remaining_time_in_millis": lambda: 120_000})


@pytest.fixture
def queue(entry):
    """Delivers what waits in the tasks' queue to its worker; tells what it names as failed."""

    def deliver(*, times: int = 1) -> list[dict]:
        url = ENVIRONMENT["TASKS_QUEUE_URL"]
        messages = entry.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        event = json.loads((ROOT / "events/queue.json").read_text())
        record = event["Records"][0]
        event["Records"] = [
            {
                **record,
                "messageId": message["MessageId"],
                "body": message["Body"],
                "attributes": {**record["attributes"], "ApproximateReceiveCount": str(times)},
            }
            for message in messages
        ]
        for message in messages:
            entry.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return entry.app.handle_queue(event, LATER)["batchItemFailures"] if messages else []

    deliver()
    return deliver


def removal(**fields: object) -> dict:
    return {
        "taskType": "removeBackground",
        "taskUUID": str(uuid4()),
        "inputs": {"image": base64.b64encode(PICTURE).decode()},
        "deliveryMethod": "async",
        **fields,
    }


def ask(call, task: dict) -> tuple[int, dict]:
    return call([{"taskType": "getResponse", "taskUUID": task["taskUUID"]}])


def test_the_stages_of_an_asynchronous_task(call, queue):
    task = removal(includeCost=True, outputFormat="PNG")
    names = {"taskType": task["taskType"], "taskUUID": task["taskUUID"]}
    assert call([task]) == (200, {"data": [names]})
    status, body = ask(call, task)
    image_uuid = body["data"][0]["imageUUID"]
    assert (status, body) == (200, {"data": [{**names, "status": "processing", "imageUUID": image_uuid}]})
    assert queue() == []
    status, body = ask(call, task)
    (item,) = body["data"]
    assert (status, item["status"], item["imageUUID"]) == (200, "success", image_uuid)
    assert item.keys() == {"taskType", "taskUUID", "status", "imageUUID", "inputImageUUID", "imageURL", "cost"}
    assert item["cost"] > 0


def test_a_failed_one_is_an_error_with_its_uuid(call, queue):
    task = removal(inputs={"image": base64.b64encode(b"no picture at all").decode()})
    call([task])
    assert queue() == []
    status, body = ask(call, task)
    assert (status, body.keys()) == (400, {"errors"})
    assert (body["errors"][0]["code"], body["errors"][0]["taskUUID"]) == ("invalidInputImage", task["taskUUID"])


def test_one_that_was_never_sent(call, queue):
    status, body = ask(call, removal())
    assert (status, body["errors"][0]["code"]) == (404, "taskFailedOrNotFound")


def test_a_webhook_task_is_acknowledged_and_its_delivery_ordered(entry, call, queue):
    task = removal(webhookURL="https://192.0.2.1/hook")
    status, body = call([task])
    assert (status, body["errors"][0]["code"]) == (400, "invalidWebhookURL")  # TEST-NET-1 isn't routable
    task = removal(webhookURL="https://93.184.215.14/hook")
    assert call([task])[0] == 200
    queue()
    (message,) = entry.sqs.receive_message(QueueUrl=ENVIRONMENT["WEBHOOKS_QUEUE_URL"], MaxNumberOfMessages=10)["Messages"]
    assert json.loads(message["Body"]) == {"account": "shop", "taskUUID": task["taskUUID"], "url": task["webhookURL"]}


def test_a_message_that_means_nothing_is_left_to_the_dead_letter_queue(entry, call, queue):
    entry.sqs.send_message(QueueUrl=ENVIRONMENT["TASKS_QUEUE_URL"], MessageBody="{}")
    entry.sqs.send_message(
        QueueUrl=ENVIRONMENT["TASKS_QUEUE_URL"], MessageBody=json.dumps({"account": "shop", "taskUUID": str(uuid4())})
    )
    assert len(queue()) == 1  # the other one's task is gone, and with it the reason to keep the message


def test_a_presigned_upload_becomes_an_input(entry, call):
    status, body = call([{"taskType": "presignUpload", "taskUUID": str(uuid4()), "imageFormat": "JPG"}])
    (place,) = body["data"]
    assert (status, place["uploadMethod"], place["uploadFields"]["Content-Type"]) == (200, "POST", "image/jpeg")
    assert urlsplit(place["uploadURL"]).scheme == "https"
    policy = json.loads(base64.b64decode(place["uploadFields"]["policy"]))
    assert ["content-length-range", 1, int(ENVIRONMENT["MAX_INPUT_BYTES"])] in policy["conditions"]
    removal_of = {"taskType": "imageBackgroundRemoval", "inputImage": place["imageUUID"]}
    assert call([{**removal_of, "taskUUID": str(uuid4())}])[0] == 404
    entry.s3.put_object(Bucket=ENVIRONMENT["BUCKET_NAME"], Key=place["uploadFields"]["key"], Body=PICTURE)
    status, body = call([{**removal_of, "taskUUID": str(uuid4())}])
    assert (status, body["data"][0]["inputImageUUID"]) == (200, place["imageUUID"])


def test_media_storage_keeps_and_deletes(call):
    media = base64.b64encode(PICTURE).decode()
    status, body = call([{"taskType": "mediaStorage", "taskUUID": str(uuid4()), "operation": "upload", "media": media}])
    (kept,) = body["data"]
    assert (status, kept["operation"]) == (200, "upload")
    assert kept.keys() == {"taskType", "taskUUID", "operation", "mediaUUID", "mediaURL"}
    delete = {"taskType": "mediaStorage", "operation": "delete", "media": kept["mediaUUID"]}
    first = {**delete, "taskUUID": str(uuid4())}
    for _ in range(2):
        status, body = call([first])
        assert (status, body["data"]) == (
            200,
            [{"taskType": "mediaStorage", "taskUUID": first["taskUUID"], "operation": "delete", "mediaUUID": kept["mediaUUID"]}],
        )
    assert call([{**delete, "taskUUID": str(uuid4())}])[0] == 404
