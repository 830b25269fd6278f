"""Each function is played through all its branches, on moto's AWS; its role allows what it called for, and nothing else."""

import base64
import importlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from moto import mock_aws

from cutout.adapters import aws
from cutout.adapters.dynamodb.actions import put, update
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.keys import task_key
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.task_items import image_item
from cutout.domain.accounts import Account, ApiKey, hash_key, new_key
from cutout.domain.images import StoredImage, result_key
from cutout.domain.money import Micros
from cutout.domain.removal import ImageFormat
from cutout.domain.tasks import TaskKey
from tests.contract.worlds import table_properties
from tests.fakes.world import png
from tests.integration.deployed import REGION, ROOT, Deployed, Grant
from tests.integration.recorder import Call, Recorder, recording

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


def task(kind: str, **fields: Any) -> dict[str, Any]:
    return {"taskType": kind, "taskUUID": str(uuid4()), **fields}


def removal(image: str = INLINE, **fields: Any) -> dict[str, Any]:
    return task("imageBackgroundRemoval", inputImage=image, **fields)


def response(of: dict[str, Any]) -> dict[str, Any]:
    return {"taskType": "getResponse", "taskUUID": of["taskUUID"]}


def delete(image_uuid: str) -> dict[str, Any]:
    return task("mediaStorage", operation="delete", media=image_uuid)


@pytest.fixture(scope="module")
def played() -> Iterator[World]:
    """All the stories, told once."""
    if not (ROOT / ".models/u2netp.onnx").exists():
        pytest.skip(".models/u2netp.onnx is missing: `make models` fetches it. Least privilege is NOT tested.")
    with ExitStack() as stack:
        stack.enter_context(mock_aws())
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
        stack.enter_context(patch.dict("os.environ", keys))
        stack.enter_context(patch.object(sys, "path", [str(ROOT / "functions"), *sys.path]))
        world = _deploy(stack.enter_context(recording()))
        kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in PACKAGES}
        try:
            for function in MODULES:
                world.load(function)
            for story in (_http, _websocket, _queue, _webhooks, _uploads, _batch, _expiry):
                story(world)
            yield world
        finally:
            for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
                del sys.modules[name]
            sys.modules.update(kept)


def _deploy(recorder: Recorder) -> World:
    dynamodb, s3, sqs = aws.client("dynamodb", REGION), aws.client("s3", REGION), aws.client("sqs", REGION)
    dynamodb.create_table(TableName=DEPLOYED.name("Table"), **table_properties())
    for bucket in (DEPLOYED.name("Bucket"), OTHER_BUCKET):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=OTHER_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for queue, _ in DEPLOYED.of_type("AWS::SQS::Queue"):
        sqs.create_queue(QueueName=DEPLOYED.name(queue))
    table = Table(dynamodb, DEPLOYED.name("Table"))
    return World(recorder, dynamodb, s3, sqs, {}, table, DynamoAccountBook(table))


def _http(world: World) -> None:
    _, key = world.account()
    bucket = DEPLOYED.name("Bucket")
    (done,) = world.post(key, removal(includeCost=True))
    (uploaded,) = world.post(key, task("imageUpload", image=INLINE))
    world.post(key, removal(uploaded["imageUUID"]))
    inline = removal(outputType="base64Data")
    world.post(key, inline)
    world.post(key, response(inline))
    (place,) = world.post(key, task("presignUpload", imageFormat="PNG"))
    (missing,) = world.post(key, removal(place["imageUUID"]))
    assert missing["code"] == "imageNotFound"
    world.s3.put_object(Bucket=bucket, Key=place["uploadFields"]["key"], Body=PICTURE)
    world.post(key, removal(place["imageUUID"]))
    for image in (done["imageUUID"], uploaded["imageUUID"]):
        assert world.post(key, delete(image))[0]["operation"] == "delete"
    world.post(key, task("accountManagement", operation="getDetails"))
    world.post(key, removal(deliveryMethod="async"))
    world.post(key, removal(), left_ms=2_500)
    assert world.post(key, removal("https://169.254.169.254/a.png"))[0]["code"] == "failedToTransferImage"
    world.work_off()


def _websocket(world: World) -> None:
    name, key = world.account()
    world.socket("one", "connect")
    world.socket("one", "message", {"taskType": "authentication", "apiKey": key})
    session = world.functions["WebSocket"].app.sockets.sessions.on_connection("one").session_uuid
    world.socket("two", "message", {"taskType": "authentication", "apiKey": key, "connectionSessionUUID": str(session)})
    inline, upload, place = removal(outputType="base64Data"), task("imageUpload", image=INLINE), task("presignUpload")
    place["imageFormat"] = "PNG"
    by_url = removal()
    world.socket("two", "message", inline, by_url, upload, place)
    world.socket("two", "message", inline)  # once more, while it is open
    world.work_off()
    world.socket("two", "message", *(response(of) for of in (inline, by_url, upload, place)))
    world.socket("two", "message", task("accountManagement", operation="getDetails"), {"taskType": "ping", "ping": True})
    _forget_results(world, name)
    world.socket("two", "message", response(inline))
    world.invoke("WebSocket", {"Records": [{"messageId": "1", "body": json.dumps({"connectionId": "silent"})}]})
    world.socket("two", "disconnect")


def _queue(world: World) -> None:
    name, key = world.account()
    world.socket("three", "message", {"taskType": "authentication", "apiKey": key})
    inline, upload, place = removal(outputType="base64Data"), task("imageUpload", image=INLINE), task("presignUpload")
    place["imageFormat"] = "PNG"
    world.socket("three", "message", inline, upload, place)
    world.work_off()
    world.again(name, inline, upload, place)  # told once more: read back, signed anew
    done = {of["taskUUID"]: _record(world, name, of) for of in (inline, upload, place)}
    uploaded, reserved = (done[of["taskUUID"]]["image_uuid"] for of in (upload, place))
    world.socket("three", "message", removal(reserved))  # nothing is there yet
    world.work_off()
    world.s3.put_object(Bucket=DEPLOYED.name("Bucket"), Key=done[place["taskUUID"]]["image"]["object_key"], Body=PICTURE)
    world.socket("three", "message", removal(reserved), delete(done[inline["taskUUID"]]["image_uuid"]))
    world.work_off()
    world.socket("three", "message", delete(uploaded))
    world.work_off()
    world.recorder.gone.add("three")
    world.socket("four", "message", {"taskType": "authentication", "apiKey": key})
    world.recorder.gone.add("four")
    world.socket("four", "message", removal())
    world.work_off()
    _limit_since_last_month(world)


def _limit_since_last_month(world: World) -> None:
    """A task of last month that failed by our fault, of an account that has been given a limit since: its month is to be opened."""
    name, key = world.account(monthly_limit=None)
    late = removal(deliveryMethod="async")
    world.post(key, late)
    world.work_off()
    last_month = (time.time_ns() // 1_000_000) - 32 * 24 * 3_600_000
    fields = task_key(TaskKey(name, _uuid(late)))
    job = removal()
    world.post(key, job | {"deliveryMethod": "async"})
    record = _record(world, name, job)
    error = json.dumps({"code": "serviceUnavailable", "message": "m", "status": 503})
    world.table.change(
        update(
            fields,
            "SET #status = :failed, #created_ms = :then, #error = :error, #job = :job, #purses = :none, #reserved = :zero",
            failed="failed",
            then=last_month,
            error=error,
            job=record["job"],
            none=[],
            zero=0,
        )
    )
    world.book.change(Account(name, name, monthly_limit=LIMIT), time.time_ns() // 1_000_000)
    world.again(name, late)


def _webhooks(world: World) -> None:
    _, key = world.account(monthly_limit=None)
    hook = "https://93.184.215.14/hook"
    for kind in ("URL", "base64Data", "base64Data"):  # one by one: moto has no lock
        world.post(key, removal(webhookURL=hook, outputType=kind))
    world.work_off()
    module = world.functions["DeliverWebhook"]
    messages = world.messages("WebhooksQueue")
    assert len(messages) == 3
    statuses = iter((200, 500, 410))
    poster = SimpleNamespace(send=lambda *_, **__: next(statuses))
    module.deliveries = replace(module.deliveries, poster=poster)  # type: ignore[attr-defined]
    for message in messages:
        world.invoke("DeliverWebhook", {"Records": [message]})
    _forget_results(world, "")
    statuses = iter((200, 200, 200))
    module.deliveries = replace(module.deliveries, poster=poster)  # type: ignore[attr-defined]
    for message in messages:
        world.invoke("DeliverWebhook", {"Records": [message]})


def _uploads(world: World) -> None:
    name, _ = world.account()
    world.drop(f"uploads/{name}/a.png")
    world.drop(f"uploads/{name}/b.pdf", b"%PDF-1.7")
    world.drop(f"uploads/{name}/gone.png", b"")
    with pytest.raises(world.s3.exceptions.ClientError):
        world.s3.head_object(Bucket=DEPLOYED.name("Bucket"), Key=f"uploads/{name}/a.png")


def _batch(world: World) -> None:
    name, _ = world.account()
    bucket = DEPLOYED.name("Bucket")
    world.s3.put_object(Bucket=bucket, Key=f"uploads/{name}/c.png", Body=PICTURE)
    version = world.s3.put_object(Bucket=OTHER_BUCKET, Key="d.png", Body=PICTURE)["VersionId"]
    assert world.batch(f"uploads/{name}/c.png")["resultCode"] == "Succeeded"
    assert world.batch("d.png", OTHER_BUCKET, account=name)["resultCode"] == "Succeeded"
    assert world.batch("d.png", OTHER_BUCKET, version, account=name)["resultCode"] == "Succeeded"
    for where in (bucket, OTHER_BUCKET):
        assert world.batch(f"uploads/{name}/gone.png", where, account=name)["resultCode"] == "PermanentFailure"


def _expiry(world: World) -> None:
    image_uuid = uuid4()
    key = result_key("shop", image_uuid, ImageFormat.PNG)
    world.table.change(put(image_item(StoredImage(image_uuid, "shop", key, ImageFormat.PNG, 1, 1, 1, 1), 2_000_000_000)))
    world.s3.put_object(Bucket=DEPLOYED.name("Bucket"), Key=key, Body=b"x")
    world.invoke("ExpireResults", {})


def _forget_results(world: World, account: str) -> None:
    """As the bucket's lifecycle does."""
    bucket = DEPLOYED.name("Bucket")
    for item in world.s3.list_objects_v2(Bucket=bucket, Prefix=f"results/{account}").get("Contents", []):
        world.s3.delete_object(Bucket=bucket, Key=item["Key"])


def _uuid(of: dict[str, Any]) -> UUID:
    return UUID(of["taskUUID"])


def _record(world: World, account: str, of: dict[str, Any]) -> dict[str, Any]:
    item = world.table.get(task_key(TaskKey(account, _uuid(of))))
    assert item
    return item


@pytest.mark.parametrize("function", MODULES)
def test_a_role_allows_all_that_its_function_calls(played, function):
    grants = DEPLOYED.grants(function)
    calls = played.recorder.calls[function]
    assert {call for call in calls if not any(_covers(grant, call) for grant in grants)} == set()


@pytest.mark.parametrize("function", MODULES)
def test_a_role_allows_nothing_that_its_function_does_not_call(played, function):
    calls, by_aws = played.recorder.calls[function], DEPLOYED.calls_of_aws_itself(function)
    unused = {grant for grant in DEPLOYED.grants(function) if not any(_covers(grant, call) for call in calls)}
    assert {grant for grant in unused if (grant.action, grant.resource) not in by_aws} == set()


@pytest.mark.parametrize("function", MODULES)
def test_a_role_allows_what_lambda_does_in_its_functions_name(function):
    allowed = {(grant.action, grant.resource) for grant in DEPLOYED.grants(function)}
    assert DEPLOYED.calls_of_aws_itself(function) <= allowed


def test_every_function_is_played():
    assert DEPLOYED.functions.keys() == MODULES.keys()


def test_originals_and_other_buckets_are_out_of_reach_unless_the_operator_says_otherwise():
    default = Deployed()
    assert [grant for grant in default.grants("RemoveBackgroundUpload") if grant.owner == "RemoveDroppedObjects"] == []
    assert [grant for grant in default.grants("RemoveBackgroundBatch") if OTHER_BUCKET in grant.resource] == []
    assert all(grant.resource.rpartition("/")[0] for grant in default.grants("RemoveBackgroundBatch") if "Object" in grant.action)


def _covers(grant: Grant, call: Call) -> bool:
    return grant.covers(call.action, call.resource, call.leading_key)
