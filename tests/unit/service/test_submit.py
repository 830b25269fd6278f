"""An array of tasks in, an outcome for each out: what is stored, what is charged, what happens on the second time."""

from decimal import Decimal
from uuid import uuid4

import numpy as np
import pytest

from cutout.domain.errors import FailedToTransferImage, MissingParameter
from cutout.domain.tasks import ImageReference, ImageUrl, InlineImage, OutputType, TaskStatus
from cutout.service.outcomes import Completed, Rejected
from tests.fakes.world import BOB, World, pixels_of, png, removal, textured_png, upload


@pytest.fixture
def world():
    return World()


def only(outcomes):
    assert len(outcomes) == 1
    return outcomes[0]


def test_a_removal_stores_its_result_and_signs_a_url(world):
    task = removal()
    outcome = only(world.submit(task))
    image = outcome.record.image
    assert outcome.record.status is TaskStatus.DONE
    assert image.object_key == f"results/alice/{image.image_uuid}.png"
    assert world.objects.objects[image.object_key][1:] == ("image/png", {"task-uuid": str(task.task_uuid), "model": "u2netp"})
    assert image.object_key in outcome.url
    assert (image.width, image.height) == (8, 6)


def test_a_deployment_that_wants_small_pngs_gets_the_same_pixels_in_fewer_bytes():
    request = {"source": InlineImage(textured_png()), "output_types": (OutputType.BASE64,)}
    fast, small = (only(World(smaller_png=smaller).submit(removal(**request))).encoded for smaller in (False, True))
    assert len(small) < len(fast)
    assert np.array_equal(pixels_of(small), pixels_of(fast))


def test_the_bytes_travel_only_where_they_were_asked_for(world):
    assert only(world.submit(removal())).encoded is None
    outcome = only(world.submit(removal(output_types=(OutputType.BASE64,))))
    assert outcome.encoded == world.objects.objects[outcome.record.image.object_key][0]
    assert outcome.url is None


def test_a_task_leaves_one_charge_whose_lines_explain_it(world):
    world.engine.hook = lambda: setattr(world, "monotonic_s", world.monotonic_s + 0.5)
    outcome = only(world.submit(removal()))
    charge = only(world.charges())
    items = {line.item: line.quantity for line in charge.lines}
    assert charge.billed_ms == 500
    assert items["lambda_gb_second"] == Decimal("0.5") * 1769 / 1024
    assert (items["lambda_request"], items["s3_put"]) == (1, 1)
    assert items["dynamodb_write"] == 2 + 9  # the claim's item, then the commit: task, charge and its index, usage, image
    assert outcome.record.price == charge.price > 0


def test_a_request_of_four_tasks_shares_its_request_fee(world):
    world.submit(*(removal() for _ in range(4)))
    shares = [line.quantity for charge in world.charges() for line in charge.lines if line.item == "lambda_request"]
    assert shares == [Decimal("0.25")] * 4


def test_a_repeat_is_answered_from_the_record(world):
    task = removal()
    first, second = only(world.submit(task)), only(world.submit(task))
    assert second.record.image == first.record.image
    assert second.record.price == first.record.price
    assert (world.engine.calls, len(world.charges())) == (1, 1)


def test_a_repeat_that_wants_bytes_reads_them_back(world):
    task = removal(output_types=(OutputType.DATA_URI,))
    assert only(world.submit(task)).encoded == only(world.submit(task)).encoded


def test_the_same_uuid_with_another_request_is_a_conflict(world):
    uuid = uuid4()
    world.submit(removal(task_uuid=uuid, request_hash="one"))
    outcome = only(world.submit(removal(task_uuid=uuid, request_hash="two")))
    assert outcome.error.code == "conflictTaskUUID"
    assert len(world.charges()) == 1


def test_the_same_uuid_in_another_account_is_another_task(world):
    task = removal()
    world.submit(task)
    assert isinstance(only(world.submit(task, account=BOB)), Completed)
    assert (len(world.charges()), len(world.charges(BOB))) == (1, 1)


def test_the_same_uuid_twice_in_one_array_is_a_conflict_for_the_second(world):
    task = removal()
    first, second = world.submit(task, task)
    assert isinstance(first, Completed)
    assert second.error.code == "conflictTaskUUID"
    assert world.engine.calls == 1


def test_a_bad_task_leaves_its_siblings_unharmed_and_in_place(world):
    broken = removal(InlineImage(b"not an image"))
    refused = Rejected(MissingParameter("inputImage is missing.", parameter="inputImage"))
    outcomes = world.submit(removal(), broken, refused, removal())
    assert [type(outcome) for outcome in outcomes] == [Completed, Rejected, Rejected, Completed]
    assert (outcomes[1].error.code, outcomes[1].task_uuid) == ("invalidInputImage", str(broken.task_uuid))
    assert len(world.charges()) == 2


def test_a_failed_task_is_not_charged_and_its_error_is_remembered(world):
    world.web.fault = FailedToTransferImage("The URL answered 404.", parameter="inputImage")
    task = removal(ImageUrl("https://example.com/a.png"))
    world.submit(task)
    world.web.fault = None
    outcome = only(world.submit(task))
    assert outcome.record.status is TaskStatus.FAILED
    assert outcome.record.error["code"] == "failedToTransferImage"
    assert world.charges() == []


def test_a_fault_of_ours_is_reported_with_its_cause_and_told_without_it(world):
    world.engine.fault = ZeroDivisionError("secret detail")
    outcome = only(world.submit(removal()))
    assert (outcome.error.code, outcome.error.status) == ("internalServerError", 500)
    assert "secret" not in outcome.error.message
    assert isinstance(world.reported[0].__cause__, ZeroDivisionError)


def test_a_task_that_failed_by_our_fault_runs_again_under_its_uuid(world):
    task = removal()
    world.engine.fault = MemoryError()
    world.submit(task)
    world.engine.fault = None
    assert only(world.submit(task)).record.status is TaskStatus.DONE
    assert len(world.charges()) == 1


def test_a_task_at_work_elsewhere_is_still_processing(world):
    task = removal()
    seen = []
    world.engine.hook = lambda: seen.extend(world.submit(task)) if world.engine.calls == 1 else None
    world.submit(task)
    assert only(seen).record.status is TaskStatus.PROCESSING
    assert len(world.charges()) == 1


def test_a_task_whose_worker_died_is_taken_over_after_its_lease(world):
    task = removal()
    world.engine.fault = KeyboardInterrupt()  # stands for a killed process: nothing is recorded any more
    with pytest.raises(KeyboardInterrupt):
        world.submit(task)
    world.engine.fault = None
    assert only(world.submit(task)).record.status is TaskStatus.PROCESSING
    world.now_ms += world.lease_ms
    assert only(world.submit(task)).record.status is TaskStatus.DONE
    assert len(world.charges()) == 1


def test_a_stale_worker_charges_nothing_and_answers_what_the_new_one_did(world):
    task = removal()

    def overtaken():
        if world.engine.calls == 1:
            world.now_ms += world.lease_ms
            world.submit(task)

    world.engine.hook = overtaken
    outcome = only(world.submit(task))
    assert (outcome.record.status, outcome.record.token) == (TaskStatus.DONE, 2)
    assert len(world.charges()) == 1


def test_both_runs_of_a_task_write_the_same_object(world):
    task = removal()
    world.engine.fault = MemoryError()
    world.submit(task)
    first = world.database.tasks[next(iter(world.database.tasks))].record.image_uuid
    world.engine.fault = None
    assert only(world.submit(task)).record.image_uuid == first


def test_a_removal_past_the_deadline_goes_to_the_queue_without_being_begun(world):
    outcome = only(world.submit(removal(), deadline=0.0))
    assert (outcome.record.status, world.engine.calls) == (TaskStatus.QUEUED, 0)


def test_an_upload_past_the_deadline_times_out_unrecorded(world):
    outcome = only(world.submit(upload(), deadline=0.0))
    assert outcome.error.code == "timeout"
    assert world.database.tasks == {}


def test_a_result_that_does_not_fit_the_answer_is_refused_uncharged(world):
    outcome = only(world.submit(removal(output_types=(OutputType.BASE64,)), room=10))
    assert (outcome.error.code, outcome.error.allowed) == ("outputTooLarge", ("URL",))
    assert world.charges() == []


def test_the_room_in_the_answer_is_shared(world):
    task = removal(output_types=(OutputType.BASE64,))
    size = 4 * -(-len(only(world.submit(task)).encoded) // 3)
    outcomes = world.submit(*(removal(output_types=(OutputType.BASE64,)) for _ in range(3)), room=2 * size)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Completed", "Completed", "Rejected"]


def test_an_uploaded_image_is_an_input_by_its_uuid(world):
    uploaded = only(world.submit(upload()))
    assert uploaded.record.image.object_key == f"inputs/alice/{uploaded.record.image_uuid}.png"
    outcome = only(world.submit(removal(ImageReference(uploaded.record.image_uuid))))
    assert outcome.record.input_image_uuid == uploaded.record.image_uuid


def test_a_result_is_an_input_by_its_uuid(world):
    first = only(world.submit(removal()))
    assert isinstance(only(world.submit(removal(ImageReference(first.record.image_uuid)))), Completed)


def test_another_accounts_image_does_not_exist(world):
    uploaded = only(world.submit(upload()))
    outcome = only(world.submit(removal(ImageReference(uploaded.record.image_uuid)), account=BOB))
    assert (outcome.error.code, outcome.error.status) == ("imageNotFound", 404)
    assert world.charges(BOB) == []


def test_an_upload_that_is_no_image_is_refused(world):
    outcome = only(world.submit(upload(b"%PDF-1.7")))
    assert outcome.error.code == "invalidInputImage"
    assert world.objects.objects == {}


def test_an_input_from_the_web_is_fetched(world):
    world.web.content = png((0, 200, 0), (20, 10))
    outcome = only(world.submit(removal(ImageUrl("https://example.com/a.png"))))
    assert (outcome.record.image.width, outcome.record.image.height) == (20, 10)
