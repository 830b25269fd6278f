"""What each function is played through: one story for each, all its branches in it."""

import json
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from cutout.adapters.dynamodb.actions import put, update
from cutout.adapters.dynamodb.keys import task_key
from cutout.adapters.dynamodb.task_items import image_item
from cutout.domain.accounts import Account
from cutout.domain.images import StoredImage, result_key
from cutout.domain.removal import ImageFormat
from cutout.domain.tasks import TaskKey
from tests.integration.watched import DEPLOYED, INLINE, LIMIT, OTHER_BUCKET, PICTURE, World


def task(kind: str, **fields: Any) -> dict[str, Any]:
    return {"taskType": kind, "taskUUID": str(uuid4()), **fields}


def removal(image: str = INLINE, **fields: Any) -> dict[str, Any]:
    return task("imageBackgroundRemoval", inputImage=image, **fields)


def response(of: dict[str, Any]) -> dict[str, Any]:
    return {"taskType": "getResponse", "taskUUID": of["taskUUID"]}


def delete(image_uuid: str) -> dict[str, Any]:
    return task("mediaStorage", operation="delete", media=image_uuid)


def http(world: World) -> None:
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


def websocket(world: World) -> None:
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


def queue(world: World) -> None:
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


def webhooks(world: World) -> None:
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


def uploads(world: World) -> None:
    name, _ = world.account()
    world.drop(f"uploads/{name}/a.png")
    world.drop(f"uploads/{name}/b.pdf", b"%PDF-1.7")
    world.drop(f"uploads/{name}/gone.png", b"")
    with pytest.raises(world.s3.exceptions.ClientError):
        world.s3.head_object(Bucket=DEPLOYED.name("Bucket"), Key=f"uploads/{name}/a.png")


def batch(world: World) -> None:
    name, _ = world.account()
    bucket = DEPLOYED.name("Bucket")
    world.s3.put_object(Bucket=bucket, Key=f"uploads/{name}/c.png", Body=PICTURE)
    version = world.s3.put_object(Bucket=OTHER_BUCKET, Key="d.png", Body=PICTURE)["VersionId"]
    assert world.batch(f"uploads/{name}/c.png")["resultCode"] == "Succeeded"
    assert world.batch("d.png", OTHER_BUCKET, account=name)["resultCode"] == "Succeeded"
    assert world.batch("d.png", OTHER_BUCKET, version, account=name)["resultCode"] == "Succeeded"
    for where in (bucket, OTHER_BUCKET):
        assert world.batch(f"uploads/{name}/gone.png", where, account=name)["resultCode"] == "PermanentFailure"


def expiry(world: World) -> None:
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


ALL = (http, websocket, queue, webhooks, uploads, batch, expiry)
