"""SQS's messages to a function's event, and what its answer leaves in the queue; on the embedded AWS's own SQS."""

import json
from threading import Event

import pytest

from local.queues import Poller, failures, to_event
from local.runtime_api import FunctionError
from local.stack import Connection, QueueSettings
from local.template import QueueSource, load
from tests.contract import ministack

ROOT = ministack.PROGRAM.parents[2]
MESSAGE = {"MessageId": "m", "ReceiptHandle": "r", "Body": "b", "MD5OfBody": "5", "Attributes": {"ApproximateReceiveCount": "1"}}


def test_a_message_becomes_the_record_that_lambda_makes_of_it():
    assert to_event([MESSAGE], "arn:aws:sqs:eu-west-1:0:q", "eu-west-1")["Records"] == [
        {
            "messageId": "m",
            "receiptHandle": "r",
            "body": "b",
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "md5OfBody": "5",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:0:q",
            "awsRegion": "eu-west-1",
        }
    ]


def test_the_record_has_the_keys_of_the_event_on_file():
    on_file = json.loads((ROOT / "events/s3-upload.json").read_text())["Records"][0]
    assert to_event([MESSAGE], "arn", "eu-west-1")["Records"][0].keys() == on_file.keys()


@pytest.mark.parametrize(
    ("result", "ids"),
    [
        (b"null", set()),
        (b"{}", set()),
        (b'{"batchItemFailures": null}', set()),
        (b'{"batchItemFailures": [{"itemIdentifier": "m"}]}', {"m"}),
    ],
)
def test_a_report_names_the_messages_that_failed(result, ids):
    assert failures(result) == ids


@pytest.mark.parametrize(
    "result", [b"7", b'{"batchItemFailures": 7}', b'{"batchItemFailures": [{}]}', b'{"batchItemFailures": ["m"]}']
)
def test_a_malformed_report_is_a_failure_of_all(result):
    with pytest.raises(ValueError, match="malformed"):
        failures(result)


def test_the_template_says_which_queue_feeds_which_function():
    sources = load(ROOT / "template.yaml").queue_sources
    assert QueueSource("UploadsQueue", "RemoveBackgroundUpload", 1, {"Ref": "UploadConcurrency"}) in sources
    assert QueueSource("ConnectionsQueue", "WebSocket", 10, 2) in sources


@pytest.fixture(scope="module")
def connection():
    if not ministack.PROGRAM.exists():
        pytest.skip("`make setup` installs the embedded AWS; queues are NOT tested.")
    with ministack.running() as address:
        yield Connection(address)


class Recorder:
    """A function that does every message but those with these bodies, and raises on `broken`."""

    def __init__(self, *failing):
        self.failing = failing
        self.bodies = []
        self.enough = Event()

    def invoke(self, event, wait_s):
        records = json.loads(event)["Records"]
        self.bodies += [record["body"] for record in records]
        if len(self.bodies) >= 3:
            self.enough.set()
        if any(record["body"] == "broken" for record in records):
            raise FunctionError("Sandbox.Timedout", "Task timed out")
        failed = [{"itemIdentifier": record["messageId"]} for record in records if record["body"] in self.failing]
        return json.dumps({"batchItemFailures": failed}).encode()


def test_what_failed_stays_in_the_queue_and_the_rest_is_deleted(connection):
    sqs = connection.client("sqs")
    url = sqs.create_queue(QueueName="feed", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    for body in ("good", "bad", "broken"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    function, stop = Recorder("bad"), Event()
    poller = Poller(QueueSettings(url, "Toy", 1, 2), function, connection, threads=2, stop=stop)
    poller.start()
    assert function.enough.wait(30)
    stop.set()
    poller.join()
    assert sorted(function.bodies) == ["bad", "broken", "good"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["ApproximateNumberOfMessages"], attributes["ApproximateNumberOfMessagesNotVisible"]) == ("0", "2")
