"""What becomes of a dropped object: one result or one error file, and one charge, whatever its events do."""

from dataclasses import replace

import numpy as np
import pytest

from cutout.domain.accounts import AccountStatus
from cutout.domain.charges import CostLine
from cutout.domain.money import to_dollars
from cutout.domain.prices import WayIn
from cutout.domain.tasks import TaskStatus
from cutout.service.dropbox import Opened, may_be_repeated, uuid_of
from tests.fakes.drops import DropWorld, is_refused
from tests.fakes.world import ALICE, BOB, pixels_of, png, textured_png

RESULT = "results/alice/a.png.png"


@pytest.fixture
def world():
    world = DropWorld()
    world.drops.upload("uploads/alice/a.png")
    return world


def opened(**fields):
    return Opened(**({"bucket": "b", "key": "k", "version": "1", "etag": "e", "size": 1, "metadata": {}, "read": bytes} | fields))


def test_an_object_becomes_its_cutout_under_the_same_name(world):
    outcome = world.take()
    content, content_type, _ = world.drops.results[RESULT]
    assert outcome.record.status is TaskStatus.DONE
    assert (content[:4], content_type) == (b"\x89PNG", "image/png")
    assert list(world.drops.results) == [RESULT]


def test_a_deployment_that_wants_small_pngs_gets_the_same_pixels_in_fewer_bytes():
    fast, small = (DropWorld(smaller_png=smaller) for smaller in (False, True))
    for world in (fast, small):
        world.drops.upload("uploads/alice/a.png", textured_png())
        world.take()
    written = [world.drops.results[RESULT][0] for world in (fast, small)]
    assert len(written[1]) < len(written[0])
    assert np.array_equal(*map(pixels_of, written))


def test_names_that_differ_in_their_extension_only_do_not_meet(world):
    world.drops.upload("uploads/alice/a.jpg")
    world.take()
    world.take("uploads/alice/a.jpg")
    assert world.drops.results.keys() == {RESULT, "results/alice/a.jpg.png"}


def test_the_result_says_what_it_is_and_what_it_cost(world):
    outcome = world.take()
    metadata = world.drops.results[RESULT][2]
    assert metadata == {
        "task-uuid": str(outcome.record.key.task_uuid),
        "image-uuid": str(outcome.record.image_uuid),
        "model": "u2netp",
        "cost": f"{to_dollars(outcome.record.price):f}",
        "width": "8",
        "height": "6",
        "input-bytes": str(len(png())),
        "input-etag": "etag-1",
    }
    assert world.charges()[0].price == outcome.record.price > 0


def test_the_charge_has_the_queue_and_every_request_to_s3_and_none_to_the_api(world):
    world.take()
    quantities = {line.item: line.quantity for line in world.charges()[0].lines}
    assert quantities["sqs_request"] == 3  # S3 sends, Lambda receives and deletes
    assert (quantities["s3_get"], quantities["s3_put"], quantities["lambda_request"]) == (2, 1, 1)
    assert quantities["dynamodb_read"] == 1  # the account
    assert "http_api_request" not in quantities


def test_a_batch_job_pays_its_own_fee_instead_of_the_queue(world):
    world.take(way_in=WayIn.S3_BATCH)
    lines = world.charges()[0].lines
    assert CostLine("s3_batch_object", 1, world.desk.tariff.s3_batch_object) in lines
    assert not [line for line in lines if line.item in {"sqs_request", "http_api_request"}]


def test_storing_is_priced_before_it_is_done_as_long_as_fetching_took(world):
    read = world.drops.open

    def slow(drop):
        world.drops.open = read
        return Slow(world, read(drop))

    world.drops.open = slow
    world.take()
    assert world.charges()[0].billed_ms == 2 * 400


class Slow:
    """An object whose content takes 400 ms to come."""

    def __init__(self, world, context):
        self.world, self.context = world, context

    def __enter__(self):
        opened = self.context.__enter__()

        def read():
            self.world.monotonic_s += 0.4
            return opened.read()

        return replace(opened, read=read)

    def __exit__(self, *error):
        return self.context.__exit__(*error)


def test_an_event_that_comes_twice_is_one_task_and_one_charge(world):
    first, second = world.take(), world.take()
    assert (second.record.image, second.record.price) == (first.record.image, first.record.price)
    assert (world.engine.calls, len(world.charges()), world.drops.reads) == (1, 1, 1)


def test_an_overwritten_object_is_a_new_task(world):
    first = world.take()
    world.drops.upload("uploads/alice/a.png", png(size=(20, 10)))
    second = world.take()
    assert first.record.key.task_uuid != second.record.key.task_uuid
    assert len(world.charges()) == 2
    assert world.drops.results[RESULT][2]["width"] == "20"


def test_a_late_event_of_an_overwritten_object_changes_nothing(world):
    world.drops.upload("uploads/alice/a.png", png(size=(20, 10)))
    world.take()
    world.take()  # the older one's: the object is what it is by now
    assert len(world.charges()) == 1
    assert world.drops.results[RESULT][2]["width"] == "20"


def test_an_event_of_an_object_that_is_gone_is_nothing(world):
    assert world.take("uploads/alice/gone.png") is None
    assert (world.drops.results, world.charges()) == ({}, [])


def test_a_result_of_an_object_overwritten_meanwhile_is_neither_stored_nor_charged(world):
    world.engine.hook = lambda: world.drops.upload("uploads/alice/a.png") if world.engine.calls == 1 else None
    assert world.take() is None
    assert (world.drops.results, world.charges()) == ({}, [])
    world.take()  # the newer one's own event
    assert (list(world.drops.results), len(world.charges())) == ([RESULT], 1)


def test_an_object_removed_while_it_is_worked_on_is_not_charged(world):
    world.engine.hook = world.drops.originals.clear
    assert world.take() is None
    assert (world.drops.results, world.charges(), world.reported) == ({}, [], [])


def test_settings_on_the_object_win_over_the_accounts_and_those_over_the_deployments(world):
    world.defaults = {"outputFormat": "JPG", "outputQuality": 30, "returnOnlyMask": True}
    world.database.accounts["alice"] = replace(ALICE, defaults={"outputFormat": "PNG", "outputQuality": 40})
    world.drops.upload("uploads/alice/a.png", **{"output-format": "WEBP"})
    world.take()
    (task,) = world.parsed
    assert (task.output.format, task.output.quality, task.removal.only_mask) == ("WEBP", 40, True)
    assert list(world.drops.results) == ["results/alice/a.png.webp"]


def test_a_default_that_changes_between_two_deliveries_is_no_other_task(world):
    world.take()
    world.defaults = {"outputFormat": "WEBP"}
    assert world.take().record.status is TaskStatus.DONE
    assert list(world.drops.results) == [RESULT]


@pytest.mark.parametrize("content", [b"%PDF-1.7", png()[:-20], b""])
def test_an_unreadable_object_gets_an_error_file_and_is_not_tried_again(world, content):
    world.drops.upload("uploads/alice/a.png", content)
    outcome = world.take()
    assert not may_be_repeated(outcome)
    error = world.error_of("alice/a.png")
    assert error["code"] == "invalidInputImage"
    assert error["taskUUID"] == outcome.task_uuid
    assert error["documentation"] == "https://docs#invalidInputImage"
    assert world.charges() == []


def test_a_failed_object_that_comes_again_gets_the_same_error_file(world):
    world.drops.upload("uploads/alice/a.png", b"%PDF-1.7")
    world.take()
    first = dict(world.drops.results)
    world.take()
    assert world.drops.results == first


def test_an_object_with_too_many_bytes_is_refused_unread(world):
    world.drops.upload("uploads/alice/a.png", bytes(10_001))
    assert is_refused(world.take(), "imageTooLarge")
    assert (world.drops.reads, world.error_of("alice/a.png")["code"]) == (0, "imageTooLarge")


def test_a_setting_that_is_wrong_is_said_in_the_error_file(world):
    world.drops.upload("uploads/alice/a.png", **{"output-quality": "7"})
    world.take()
    error = world.error_of("alice/a.png")
    assert (error["code"], error["min"], error["max"]) == ("invalidOutputQuality", 20, 99)


@pytest.mark.parametrize("key", ["uploads/nobody/a.png", "uploads/a.png"])
def test_an_object_of_no_account_gets_an_error_file(world, key):
    world.drops.upload(key)
    assert is_refused(world.take(key), "invalidAccount")
    assert world.error_of(key.removeprefix("uploads/"))["parameter"] == "account"


def test_a_suspended_account_gets_an_error_file(world):
    world.database.accounts["bob"] = replace(BOB, status=AccountStatus.SUSPENDED)
    world.drops.upload("uploads/bob/a.png")
    assert is_refused(world.take("uploads/bob/a.png"), "invalidAccount")
    assert world.charges(BOB) == []


def test_an_account_without_money_gets_an_error_file(world):
    world.database.accounts["alice"] = replace(ALICE, prepaid=True)
    assert is_refused(world.take(), "insufficientCredits")
    assert world.error_of("alice/a.png")["code"] == "insufficientCredits"


def test_a_fault_of_ours_leaves_no_error_file_and_comes_again(world):
    world.engine.fault = MemoryError()
    outcome = world.take()
    assert may_be_repeated(outcome)
    assert (world.drops.results, len(world.reported)) == ({}, 1)
    world.engine.fault = None
    assert world.take().record.status is TaskStatus.DONE
    assert len(world.charges()) == 1


def test_a_store_that_does_not_answer_is_a_fault_of_ours_and_nothing_is_charged(world):
    world.drops.put_fault = OSError("connection reset")
    assert may_be_repeated(world.take())
    assert world.charges() == []
    assert not may_be_repeated(world.take())


def test_an_object_whose_worker_died_is_taken_over_when_it_comes_again(world):
    world.drops.put_fault = KeyboardInterrupt()  # stands for a killed process: nothing is recorded any more
    with pytest.raises(KeyboardInterrupt):
        world.take()
    assert may_be_repeated(world.take())  # not yet: it might still be at work
    world.now_ms += world.lease_ms
    assert world.take().record.token == 2
    assert len(world.charges()) == 1


def test_without_time_an_object_comes_again(world):
    assert may_be_repeated(world.take(deadline=0.0))


def test_a_good_object_in_the_place_of_a_bad_one_takes_its_error_file_away(world):
    world.drops.upload("uploads/alice/a.png", b"%PDF-1.7")
    world.take()
    world.drops.upload("uploads/alice/a.png")
    world.take()
    assert list(world.drops.results) == [RESULT]


def test_the_original_stays(world):
    world.take()
    assert "uploads/alice/a.png" in world.drops.originals


def test_the_original_goes_where_the_deployment_says_so(world):
    world.keep_originals = False
    world.take()
    assert world.drops.originals == {}
    assert world.take() is None  # its event, once more


def test_an_original_stays_if_it_has_no_result(world):
    world.keep_originals = False
    world.drops.upload("uploads/alice/a.png", b"%PDF-1.7")
    world.take()
    assert "uploads/alice/a.png" in world.drops.originals


@pytest.mark.parametrize("other", [{"bucket": "c"}, {"key": "l"}, {"version": "2"}])
def test_a_task_is_named_by_bucket_key_and_version(other):
    assert uuid_of("task", opened()) == uuid_of("task", opened(etag="f", size=2))
    assert uuid_of("task", opened()) != uuid_of("task", opened(**other))


def test_each_batch_job_is_an_order_of_its_own():
    assert len({uuid_of("task", opened(), job) for job in ("", "job-1", "job-2")}) == 3


def test_an_objects_task_has_an_id_that_the_api_accepts(world):
    assert world.take().record.key.task_uuid.version == 4
