"""A deployment on moto's AWS, whose functions are watched at work."""

import base64
import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from cutout.adapters import aws
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account, ApiKey, hash_key, new_key
from cutout.domain.money import Micros
from tests.contract.worlds import table_properties
from tests.fakes.world import png
from tests.integration.deployed import REGION, ROOT, Deployed
from tests.integration.recorder import Recorder

LIMIT = Micros(1_000_000_000)
OTHER_BUCKET = f"catalogue-{uuid4().hex[:8]}"
DEPLOYED = Deployed({"BatchBucketName": OTHER_BUCKET, "KeepUploads": "false"})
PACKAGES = ("remove_background", "websocket", "deliver_webhook", "expire_results")
MODULES = {
    "RemoveBackgroundHttp": "remove_background.app",
    "RemoveBackgroundQueue": "remove_background.app",
    "RemoveBackgroundUpload": "remove_background.app",
    "RemoveBackgroundBatch": "remove_background.app",
    "WebSocket": "websocket.app",
    "DeliverWebhook": "deliver_webhook.app",
    "ExpireResults": "expire_results.app",
}
PICTURE = png(size=(24, 16))
INLINE = base64.b64encode(PICTURE).decode()


@dataclass
class World:
    """A deployment on moto: what lies in it, and its functions, each imported anew in its own environment."""

    recorder: Recorder
    dynamodb: Any
    s3: Any
    sqs: Any
    functions: dict[str, ModuleType]
    table: Table
    book: DynamoAccountBook

    @contextmanager
    def at_work(self, function: str) -> Iterator[ModuleType | None]:
        environment = {**DEPLOYED.environment(function), "MODEL_DIR": str(ROOT / ".models")}
        environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
        with patch.dict("os.environ", environment):
            self.recorder.current = function
            try:
                yield self.functions.get(function)
            finally:
                self.recorder.current = None

    def load(self, function: str) -> None:
        with self.at_work(function):
            for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
                del sys.modules[name]
            self.functions[function] = importlib.import_module(MODULES[function])

    def invoke(self, function: str, event: dict[str, Any], *, left_ms: int = 100_000) -> Any:
        context = SimpleNamespace(
            function_name=function,
            memory_limit_in_mb=1769,
            invoked_function_arn="arn",
            aws_request_id="request",
            get_remaining_time_in_millis=lambda: left_ms,
        )
        handler = DEPLOYED.resources[function]["Properties"]
        name = (handler.get("ImageConfig", {}).get("Command") or [handler.get("Handler")])[0].rpartition(".")[2]
        with self.at_work(function) as module:
            return getattr(module, name)(event, context)

    def account(self, **more: Any) -> tuple[str, str]:
        """A new account with a monthly limit, whose purse its first task has to open; and its key."""
        name, key = f"a{uuid4().hex[:8]}", new_key()
        self.book.create(Account(name, name, **{"monthly_limit": LIMIT, **more}))
        self.book.add_key(ApiKey(hash_key(key), name, "test", key[-4:], 0))
        return name, key

    def messages(self, queue: str) -> list[dict[str, Any]]:
        received = self.sqs.receive_message(QueueUrl=DEPLOYED.queue_url(queue), MaxNumberOfMessages=10).get("Messages", [])
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": {"ApproximateReceiveCount": "1"},
            }
            for message in received
        ]

    def work_off(self) -> None:
        """What waits in the tasks' queue is done."""
        while messages := self.messages("TasksQueue"):
            for message in messages:
                self.invoke("RemoveBackgroundQueue", {"Records": [message]})
                self.sqs.delete_message(QueueUrl=DEPLOYED.queue_url("TasksQueue"), ReceiptHandle=message["receiptHandle"])

    def again(self, account: str, *tasks: dict[str, Any]) -> None:
        """The queue delivers once more, as it may."""
        for task in tasks:
            body = json.dumps({"account": account, "taskUUID": task["taskUUID"]})
            record = {"messageId": "1", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
            self.invoke("RemoveBackgroundQueue", {"Records": [record]})

    def post(self, key: str, *tasks: dict[str, Any], left_ms: int = 100_000) -> list[dict[str, Any]]:
        event = json.loads((ROOT / "events/http.json").read_text())
        event["requestContext"]["timeEpoch"] = time.time_ns() // 1_000_000
        event |= {"body": json.dumps(tasks), "isBase64Encoded": False}
        event["headers"]["authorization"] = f"Bearer {key}"
        body = json.loads(self.invoke("RemoveBackgroundHttp", event, left_ms=left_ms)["body"])
        return body.get("data") or body["errors"]

    def socket(self, connection: str, kind: str = "message", *tasks: dict[str, Any]) -> Any:
        event = json.loads((ROOT / f"events/websocket-{kind}.json").read_text())
        event["requestContext"]["connectionId"] = connection
        event["body"] = json.dumps(tasks)
        return self.invoke("WebSocket", event)

    def drop(self, key: str, content: bytes = PICTURE) -> None:
        bucket = DEPLOYED.name("Bucket")
        if content:
            self.s3.put_object(Bucket=bucket, Key=key, Body=content)
        body = json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]})
        self.invoke("RemoveBackgroundUpload", {"Records": [{"messageId": "1", "body": body}]})

    def batch(self, key: str, bucket: str | None = None, version: str | None = None, **arguments: str) -> dict[str, Any]:
        event = json.loads((ROOT / "events/s3-batch-2.0.json").read_text())
        event["job"] = {"id": str(uuid4()), "userArguments": arguments}
        event["tasks"][0] |= {"s3Key": key, "s3Bucket": bucket or DEPLOYED.name("Bucket"), "s3VersionId": version}
        return self.invoke("RemoveBackgroundBatch", event)["results"][0]  # type: ignore[no-any-return]


def deploy(recorder: Recorder) -> World:
    dynamodb, s3, sqs = aws.client("dynamodb", REGION), aws.client("s3", REGION), aws.client("sqs", REGION)
    dynamodb.create_table(TableName=DEPLOYED.name("Table"), **table_properties())
    for bucket in (DEPLOYED.name("Bucket"), OTHER_BUCKET):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=OTHER_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for queue, _ in DEPLOYED.of_type("AWS::SQS::Queue"):
        sqs.create_queue(QueueName=DEPLOYED.name(queue))
    table = Table(dynamodb, DEPLOYED.name("Table"))
    return World(recorder, dynamodb, s3, sqs, {}, table, DynamoAccountBook(table))
