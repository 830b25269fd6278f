"""Asynchronous tasks, webhooks, and the tasks beside removal."""

import uuid

import pytest

from tests.sdks.clients import Client, ClientError
from tests.sdks.pictures import Pictures, assert_cut_out, cutouts
from tests.sdks.receiver import Receiver
from tests.sdks.report import Report
from tests.sdks.test_mistakes import told_as


def test_an_asynchronous_task_is_fetched_by_polling(
    client: Client, name: str, pictures: Pictures, receiver: Receiver, report: Report
):
    """`status` is in polled results only. The legacy client can't ask for async but with a webhook, and then polls when it is told to."""
    asked = {**pictures.sent("UUID"), "outputFormat": "PNG", "taskUUID": str(uuid.uuid4())}
    if name == "legacy":
        assert client.call("remove", **asked, webhookURL=receiver.url).keys() == {"taskType", "taskUUID"}
        item = client.call("fetch", task=asked["taskUUID"])
    else:
        item = client.call("remove", **asked, deliveryMethod="async")
    assert (item["taskUUID"], item["status"]) == (asked["taskUUID"], "success")
    assert_cut_out(cutouts(item)[0])
    report.beside["async, by polling", name] = "✓"


def test_a_webhook_gets_the_flat_result_with_a_signature_that_verifies(
    client: Client, name: str, pictures: Pictures, receiver: Receiver, report: Report
):
    task = str(uuid.uuid4())
    answer = client.call("remove", **pictures.sent("UUID"), outputFormat="PNG", taskUUID=task, webhookURL=receiver.url)
    assert answer["taskUUID"] == task
    item = receiver.delivery(task)
    assert_cut_out(cutouts(item)[0])
    report.beside["a webhook", name] = "✓"


def test_a_webhook_gets_the_error_of_a_task_that_failed(client: Client, name: str, receiver: Receiver, report: Report):
    task = str(uuid.uuid4())
    missing = {"image": str(uuid.uuid4()), "taskUUID": task, "webhookURL": receiver.url}
    if name.startswith("runware-sdk"):
        # It goes on polling, and so it is told too.
        with pytest.raises(ClientError):
            client.call("remove", **missing)
    else:
        client.call("remove", **missing)
    assert receiver.delivery(task)["code"] == "imageNotFound"
    report.beside["a webhook of a failed task", name] = "✓"


def test_a_task_that_nobody_knows_is_told_as_such(client: Client, name: str, report: Report):
    with pytest.raises(ClientError) as raised:
        client.call("fetch", task=str(uuid.uuid4()))
    assert raised.value.code == told_as(name, "taskFailedOrNotFound")
    report.beside["getResponse of an unknown task", name] = f"✓ {raised.value.code}"


def test_the_same_task_again_gives_the_same_result(client: Client, name: str, pictures: Pictures, report: Report):
    asked = {**pictures.sent("UUID"), "outputFormat": "PNG", "taskUUID": str(uuid.uuid4())}
    first, second = client.call("remove", **asked), client.call("remove", **asked)
    assert first["imageUUID"] == second["imageUUID"]
    report.beside["a repeat", name] = "✓ the same image"


def test_the_cost_is_a_number_where_it_was_asked_for(client: Client, name: str, pictures: Pictures, report: Report):
    priced = client.call("remove", **pictures.sent("UUID"), outputFormat="PNG", includeCost=True)
    free = client.call("remove", **pictures.sent("UUID"), outputFormat="PNG")
    assert priced["cost"] > 0
    assert "cost" not in free
    report.beside["includeCost", name] = "✓"


def test_an_upload_is_an_image_for_later(client: Client, name: str, pictures: Pictures, report: Report):
    uploaded = client.call("upload", image=pictures.forms["data URI" if name == "sdk-js" else "file"])
    assert uploaded["imageURL"].startswith("http")
    assert_cut_out(cutouts(client.call("remove", image=uploaded["imageUUID"], outputFormat="PNG"))[0])
    report.beside["imageUpload", name] = "✓"


def test_stored_media_are_images_until_they_are_deleted(client: Client, name: str, pictures: Pictures, report: Report):
    if name == "legacy":
        # It strips the data URI's head, and has no deletion.
        stored = client.call("store", media=pictures.forms["file"])
    else:
        stored = client.call("store", operation="upload", media=pictures.forms["data URI"])
    assert_cut_out(cutouts(client.call("remove", image=stored["mediaUUID"], outputFormat="PNG"))[0])
    if name == "legacy":
        report.beside["mediaStorage", name] = "✓ upload"
        return
    assert client.call("store", operation="delete", media=stored["mediaUUID"])["mediaUUID"] == stored["mediaUUID"]
    with pytest.raises(ClientError) as raised:
        client.call("remove", image=stored["mediaUUID"], outputFormat="PNG")
    assert raised.value.code == told_as(name, "imageNotFound")
    report.beside["mediaStorage", name] = "✓ upload, delete"


@pytest.mark.parametrize("name", ["runware-sdk-rest", "runware-sdk-websocket"], scope="session")
def test_the_account_describes_itself(client: Client, name: str, report: Report):
    """Of the clients only `runware-sdk` offers it."""
    details = client.call("account")
    assert details["organizationName"] == "Demo"
    assert details["usage"]["today"]["tasks"] > 0
    report.beside["accountManagement", name] = "✓"
