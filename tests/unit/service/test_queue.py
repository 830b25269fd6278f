"""Tasks by way of the queue: accepted, done by the worker, told; and what happens when somebody dies on the way."""

import io
from dataclasses import replace
from threading import Event
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image

from cutout.domain.errors import FailedToTransferImage, ServiceUnavailable
from cutout.domain.removal import ImageFormat
from cutout.domain.tasks import (
    DeletionTask,
    ImageReference,
    ImageUrl,
    InlineImage,
    OutputType,
    PresignTask,
    ResponseTask,
    TaskKey,
    TaskStatus,
)
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.outcomes import Accepted, Completed, Rejected
from tests.fakes.world import ALICE, BOB, World, png, removal, upload

HOOK = "https://client.example/hook"


@pytest.fixture
def world():
    return World()


def only(outcomes):
    assert len(outcomes) == 1
    return outcomes[0]


def key_of(task, account=ALICE):
    return TaskKey(account.account_id, task.task_uuid)


def record_of(world, task):
    return world.database.tasks[key_of(task)].record


def ask(world, task, account=ALICE):
    return only(world.submit(ResponseTask("getResponse", task.task_uuid), account=account))


def by_socket(world, *tasks, session=None):
    invocation = Invocation(len(tasks), lambda: 0.0, 25.0, AnswerRoom(120_000))
    return world.acceptance.submit(tasks, ALICE, invocation, session or uuid4())


def test_an_asynchronous_task_is_acknowledged_and_done_by_the_worker(world):
    task = removal(asynchronous=True)
    accepted = only(world.submit(task))
    assert isinstance(accepted, Accepted)
    assert (world.engine.calls, world.queue.sent) == (0, [(key_of(task),)])
    assert world.deliver() == [True]
    done = record_of(world, task)
    assert (done.status, done.image_uuid) == (TaskStatus.DONE, accepted.record.image_uuid)
    assert len(world.charges()) == 1


def test_get_response_follows_the_task_through_its_stages(world):
    task = removal(asynchronous=True)
    assert ask(world, task).error.code == "taskFailedOrNotFound"
    world.submit(task)
    assert ask(world, task).record.status is TaskStatus.QUEUED
    world.deliver()
    done = ask(world, task)
    assert (done.recalled, done.record.status) == (True, TaskStatus.DONE)
    assert done.record.image.object_key in done.url


def test_another_accounts_task_is_one_that_was_never_seen(world):
    task = removal(asynchronous=True)
    world.submit(task)
    assert ask(world, task, BOB).error.code == "taskFailedOrNotFound"


def test_a_synchronous_tasks_result_can_be_asked_for_too(world):
    task = removal(output_types=(OutputType.BASE64,), include_cost=True)
    first = only(world.submit(task))
    again = ask(world, task)
    assert (again.encoded, again.record.price) == (first.encoded, first.record.price)


def test_an_inline_image_is_put_aside_and_removed_when_the_task_is_done(world):
    task = removal(InlineImage(png()), asynchronous=True)
    world.submit(task)
    (aside,) = world.objects.objects
    assert aside.startswith("inputs/alice/pending/")
    world.deliver()
    assert list(world.objects.objects) == [record_of(world, task).image.object_key]


def test_a_message_that_comes_twice_changes_nothing(world):
    task = removal(asynchronous=True, webhook_url=HOOK)
    world.submit(task)
    world.deliver()
    assert world.work(key_of(task))
    assert (world.engine.calls, len(world.charges())) == (1, 1)


def test_a_repeat_while_it_is_under_way_is_told_so_and_sent_nowhere(world):
    task = removal(asynchronous=True)
    world.submit(task)
    again = only(world.submit(task))
    assert isinstance(again, Completed)
    assert again.record.status is TaskStatus.QUEUED
    assert len(world.queue.sent) == 1


def test_who_died_between_the_record_and_the_queue_is_made_up_for_by_the_repeat(world):
    task = removal(asynchronous=True)
    world.submit(task)
    world.queue.sent.clear()
    world.now_ms += world.acceptance.lease_ms
    assert isinstance(only(world.submit(task)), Accepted)
    assert world.deliver() == [True]
    assert record_of(world, task).status is TaskStatus.DONE


def test_or_by_whoever_asks_for_the_result(world):
    task = removal(asynchronous=True)
    world.submit(task)
    world.queue.sent.clear()
    world.now_ms += world.acceptance.lease_ms
    ask(world, task)
    assert world.deliver() == [True]


def test_a_queue_that_is_away_refuses_the_task_and_the_repeat_sends_it(world):
    world.queue.fault = ServiceUnavailable("The queue doesn't answer.")
    task = removal(asynchronous=True)
    assert only(world.submit(task)).error.code == "serviceUnavailable"
    world.queue.fault = None
    assert isinstance(only(world.submit(task)), Accepted)
    assert world.deliver() == [True]


def test_the_task_of_a_worker_that_died_is_taken_over_when_its_lease_has_run_out(world):
    task = removal(asynchronous=True)
    world.submit(task)
    dead = replace(record_of(world, task), status=TaskStatus.PROCESSING, token=2, lease_until_ms=world.now_ms + 60_000)
    world.database.tasks[key_of(task)] = replace(world.database.tasks[key_of(task)], record=dead)
    assert world.deliver() == [False]
    world.now_ms += 60_000
    assert world.work(key_of(task))
    assert len(world.charges()) == 1


def test_a_task_that_ends_its_workers_is_ended_at_the_last_delivery(world):
    task = removal(asynchronous=True, webhook_url=HOOK)
    world.submit(task)
    dead = replace(record_of(world, task), status=TaskStatus.PROCESSING, token=5, lease_until_ms=world.now_ms)
    world.database.tasks[key_of(task)] = replace(world.database.tasks[key_of(task)], record=dead)
    assert world.deliver(last=True) == [False]
    assert (record_of(world, task).status, world.engine.calls) == (TaskStatus.FAILED, 0)
    assert world.webhooks.sent == [(key_of(task), HOOK)]


def test_a_fault_of_ours_puts_the_task_back_until_the_last_delivery(world):
    task = removal(asynchronous=True, webhook_url=HOOK)
    world.submit(task)
    world.engine.fault = MemoryError()
    assert world.deliver() == [False]
    assert (record_of(world, task).status, world.webhooks.sent) == (TaskStatus.QUEUED, [])
    assert world.work(key_of(task), last=True) is False
    assert record_of(world, task).error["code"] == "internalServerError"
    assert (len(world.webhooks.sent), world.charges()) == (1, [])


def test_a_task_from_the_dead_letter_queue_is_done_after_all(world):
    task = removal(asynchronous=True)
    world.submit(task)
    world.engine.fault = MemoryError()
    world.deliver(last=True)
    world.engine.fault = None
    assert world.work(key_of(task))
    assert record_of(world, task).status is TaskStatus.DONE


def test_a_fault_of_the_clients_is_final_and_told(world):
    world.web.fault = FailedToTransferImage("The URL answered 404.", parameter="inputImage")
    task = removal(ImageUrl("https://example.com/a.png"), asynchronous=True, webhook_url=HOOK)
    world.submit(task)
    assert world.deliver() == [True]
    assert (record_of(world, task).status, len(world.webhooks.sent)) == (TaskStatus.FAILED, 1)


def test_the_task_of_an_account_that_was_suspended_waits(world):
    task = removal(asynchronous=True)
    world.submit(task)
    account = world.database.accounts.pop("alice")
    assert world.deliver() == [False]
    world.database.accounts["alice"] = account
    assert world.work(key_of(task))


def test_a_webhook_to_a_private_address_is_refused_at_once(world):
    outcome = only(world.submit(removal(asynchronous=True, webhook_url="https://private.example/")))
    assert outcome.error.code == "invalidWebhookURL"
    assert world.database.tasks == {}


def test_what_acceptance_cost_is_in_the_charge(world):
    task = removal(asynchronous=True)
    world.submit(task)
    world.deliver()
    (charge,) = world.charges()
    counts = {}
    for line in charge.lines:
        counts[line.item] = counts.get(line.item, 0) + line.quantity
    assert (counts["lambda_request"], counts["http_api_request"], counts["sqs_request"]) == (2, 1, 3)
    assert (counts["s3_put"], counts["s3_get"]) == (2, 1)


def test_a_removal_that_meets_the_deadline_halfway_is_finished_by_the_queue_and_charged_once(world):
    task = removal()
    world.engine.hook = lambda: setattr(world, "monotonic_s", world.monotonic_s + 30)
    assert isinstance(only(world.submit(task)), Accepted)
    world.engine.hook = None
    assert world.deliver() == [True]
    assert len(world.charges()) == 1


def test_a_step_that_cannot_be_interrupted_loses_the_task_to_the_queue(world):
    """The worker that is stuck wakes up after the queue has done its task: what it made counts for nothing."""
    stuck, task = Event(), removal()
    world.engine.hook = lambda: stuck.wait(5)
    world.submissions = replace(world.submissions, patience_s=0.1)
    assert isinstance(only(world.submit(task, deadline=0.05)), Accepted)
    world.engine.hook = None
    assert world.deliver() == [True]
    stuck.set()
    assert len(world.charges()) == 1


def test_over_a_websocket_a_synchronous_task_is_announced_by_its_result_alone(world):
    session, task = uuid4(), removal()
    outcome = only(by_socket(world, task, session=session))
    assert (outcome.announced, world.sockets.frames) == (False, [])
    world.deliver()
    ((told, frame),) = world.sockets.frames
    assert told == session
    assert frame["data"][0]["imageURL"]


def test_an_asynchronous_one_is_announced_and_never_pushed(world):
    assert only(by_socket(world, removal(asynchronous=True))).announced
    world.deliver()
    assert world.sockets.frames == []


def test_an_error_is_pushed_once_though_the_message_comes_again(world):
    task = removal(InlineImage(b"no picture"))
    by_socket(world, task)
    world.deliver()
    world.work(key_of(task))
    assert [frame["errors"][0]["code"] for _, frame in world.sockets.frames] == ["invalidInputImage"]


def test_who_asks_again_on_another_connection_gets_the_result_there(world):
    old, new, task = uuid4(), uuid4(), removal()
    by_socket(world, task, session=old)
    assert only(by_socket(world, task, session=new)).announced is False
    assert world.sockets.redirected == {old: new}


def test_every_recorded_task_can_go_through_the_queue(world):
    kept = only(world.submit(upload())).record.image
    tasks = [
        upload(),
        DeletionTask("mediaStorage", uuid4(), "hash", kept.image_uuid),
        PresignTask("presignUpload", uuid4(), "hash", ImageFormat.PNG),
    ]
    by_socket(world, *tasks)
    assert world.deliver() == [True, True, True]
    items = [frame["data"][0] for _, frame in world.sockets.frames]
    assert [sorted(item.keys() - {"taskType", "taskUUID"}) for item in items] == [
        ["imageURL", "imageUUID"],
        ["mediaUUID", "operation"],
        ["expiresAt", "imageUUID", "uploadFields", "uploadMethod", "uploadURL"],
    ]
    assert kept.object_key not in world.objects.objects


def test_an_inline_result_too_large_for_a_frame_fails_uncharged(world):
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    by_socket(world, removal(InlineImage(file.getvalue()), output_types=(OutputType.BASE64,)))
    world.deliver()
    ((_, frame),) = world.sockets.frames
    assert frame["errors"][0]["code"] == "outputTooLarge"
    assert world.charges() == []


def test_a_deleted_image_is_no_input_any_more_and_deleting_it_again_is_an_error(world):
    kept = only(world.submit(upload())).record.image
    delete = DeletionTask("mediaStorage", uuid4(), "hash", kept.image_uuid)
    assert only(world.submit(delete)).record.input_image_uuid == kept.image_uuid
    assert only(world.submit(delete)).record.status is TaskStatus.DONE
    assert only(world.submit(removal(ImageReference(kept.image_uuid)))).error.code == "imageNotFound"
    assert only(world.submit(DeletionTask("mediaStorage", uuid4(), "hash", kept.image_uuid))).error.code == "imageNotFound"


def test_another_accounts_image_cannot_be_deleted(world):
    kept = only(world.submit(upload())).record.image
    outcome = only(world.submit(DeletionTask("mediaStorage", uuid4(), "hash", kept.image_uuid), account=BOB))
    assert outcome.error.code == "imageNotFound"
    assert kept.object_key in world.objects.objects


def test_a_presigned_upload_is_an_input_once_it_is_there_and_its_entry_is_completed_then(world):
    reserved = only(world.submit(PresignTask("presignUpload", uuid4(), "hash", ImageFormat.JPG)))
    image = reserved.record.image
    assert reserved.upload.fields == {"key": image.object_key, "Content-Type": "image/jpeg"}
    assert only(world.submit(removal(ImageReference(image.image_uuid)))).error.code == "imageNotFound"
    world.objects.objects[image.object_key] = (png(size=(7, 5)), "image/jpeg", {})
    assert isinstance(only(world.submit(removal(ImageReference(image.image_uuid)))), Completed)
    confirmed = world.database.images[image.image_uuid]
    assert (confirmed.format, confirmed.width, confirmed.height, confirmed.is_confirmed) == ("PNG", 7, 5, True)


def test_a_result_is_also_put_to_the_upload_endpoint(world):
    outcome = only(world.submit(removal(upload_endpoint="https://client.example/put")))
    ((method, url, body, headers),) = world.web.sent
    assert (method, url, headers) == ("PUT", "https://client.example/put", {"Content-Type": "image/png"})
    assert body == world.objects.objects[outcome.record.image.object_key][0]


def test_an_upload_endpoint_that_refuses_fails_the_task_uncharged(world):
    world.web.status = 403
    outcome = only(world.submit(removal(upload_endpoint="https://client.example/put")))
    assert (outcome.error.code, outcome.error.parameter) == ("failedToTransferImage", "uploadEndpoint")
    assert world.charges() == []


def test_past_its_ttl_a_result_is_gone_for_every_way_of_asking(world):
    task = removal(ttl_s=60)
    first = only(world.submit(task))
    assert "seconds=60" in first.url
    world.now_ms += 60_000
    assert [only(world.submit(task)).error.code, ask(world, task).error.code] == ["imageNotFound"] * 2
    assert only(world.submit(removal(ImageReference(first.record.image_uuid)))).error.code == "imageNotFound"
    assert isinstance(ask(world, task), Rejected)
