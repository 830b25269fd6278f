"""The end of a task: `TaskStore.commit` and `fail`, and what they leave in ledger, counters and catalogue."""

from dataclasses import replace

import pytest

from cutout.domain.errors import ConflictTaskUUID
from cutout.domain.metering import Meter
from cutout.domain.tasks import TaskStatus
from cutout.domain.usage import Usage, usage_of
from cutout.service.ports import StaleToken
from tests.contract.builders import at, charge_of, claimed, next_worker, open_account, with_error, with_result
from tests.contract.worlds import World

DAY = "2026-11-24"


def test_a_committed_task_is_done_with_its_price_and_image(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account))
    world.tasks.commit(record, charge_of(record, 500), account, Meter())
    assert world.tasks.find(record.key, Meter()) == replace(record, status=TaskStatus.DONE, price=500)


def test_a_charge_is_read_back_digit_for_digit(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account))
    charge = charge_of(record, 500)
    assert world.tasks.commit(record, charge, account, Meter()) == charge
    assert world.tasks.find_charge(record.key, Meter()) == charge


def test_a_task_without_a_charge_has_none(world: World) -> None:
    record = claimed(world, open_account(world))
    assert world.tasks.find_charge(record.key, Meter()) is None


def test_a_commit_is_counted_on_the_day_its_task_was_accepted(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account, created_ms=at("2026-11-24T23:59:59")))
    charge = charge_of(record, 500)
    world.tasks.commit(record, charge, account, Meter())
    assert world.book.usage(account.account_id, "2026-11-01", "2026-11-30") == {DAY: usage_of(charge)}


def test_a_commit_sent_twice_counts_once(world: World) -> None:
    account = open_account(world, balance=10_000)
    record = with_result(claimed(world, account, reserved=500))
    charge = charge_of(record, 500)
    first = world.tasks.commit(record, charge, account, Meter())
    assert world.tasks.commit(record, charge_of(record, 600), account, Meter()) == first
    assert world.book.usage(account.account_id, DAY, DAY)[DAY] == usage_of(charge)


def test_counters_add_up_over_shards(world: World) -> None:
    account = open_account(world)
    total = Usage()
    for price in range(100, 120):
        record = with_result(claimed(world, account))
        total += usage_of(world.tasks.commit(record, charge_of(record, price), account, Meter()))
    assert total.tasks == 20
    assert world.book.usage(account.account_id, DAY, DAY) == {DAY: total}


def test_a_stale_workers_commit_is_refused_and_changes_nothing(world: World) -> None:
    account = open_account(world)
    stale = claimed(world, account)
    new = next_worker(stale)
    assert world.tasks.take_over(stale, new, account, Meter())
    with pytest.raises(StaleToken):
        world.tasks.commit(with_result(stale), charge_of(stale, 500), account, Meter())
    assert world.tasks.find(stale.key, Meter()) == new
    assert world.tasks.find_charge(stale.key, Meter()) is None
    assert world.book.usage(account.account_id, DAY, DAY) == {}


def test_a_stale_workers_commit_is_refused_after_the_next_one_has_committed(world: World) -> None:
    account = open_account(world)
    stale = claimed(world, account)
    new = next_worker(stale)
    world.tasks.take_over(stale, new, account, Meter())
    charge = world.tasks.commit(with_result(new), charge_of(new, 500), account, Meter())
    with pytest.raises(StaleToken):
        world.tasks.commit(with_result(stale), charge_of(stale, 700), account, Meter())
    assert world.tasks.find_charge(stale.key, Meter()) == charge


def test_a_failed_task_cant_be_committed(world: World) -> None:
    account = open_account(world)
    record = claimed(world, account)
    world.tasks.fail(with_error(record), account, Meter())
    with pytest.raises(StaleToken):
        world.tasks.commit(with_result(record), charge_of(record, 500), account, Meter())
    assert world.tasks.find_charge(record.key, Meter()) is None


def test_a_task_uuid_that_was_charged_before_its_record_expired_is_refused(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account))
    charge = world.tasks.commit(record, charge_of(record, 500), account, Meter())
    world.forget(record.key)
    again = with_result(claimed(world, account, key=record.key))
    with pytest.raises(ConflictTaskUUID):
        world.tasks.commit(again, charge_of(again, 600), account, Meter())
    assert world.tasks.find_charge(record.key, Meter()) == charge


def test_a_failed_task_keeps_its_error_and_is_charged_nothing(world: World) -> None:
    account = open_account(world)
    record = with_error(claimed(world, account))
    world.tasks.fail(record, account, Meter())
    assert world.tasks.find(record.key, Meter()) == record
    assert world.tasks.find_charge(record.key, Meter()) is None


def test_failing_twice_is_failing_once(world: World) -> None:
    account = open_account(world, balance=10_000)
    record = claimed(world, account, reserved=500)
    world.tasks.fail(with_error(record), account, Meter())
    world.tasks.fail(with_error(record), account, Meter())
    assert [purse.available for purse in world.book.purses(account.account_id)] == [10_000]


def test_a_stale_worker_cant_fail_a_task(world: World) -> None:
    account = open_account(world)
    stale = claimed(world, account)
    new = next_worker(stale)
    world.tasks.take_over(stale, new, account, Meter())
    with pytest.raises(StaleToken):
        world.tasks.fail(with_error(stale), account, Meter())
    assert world.tasks.find(stale.key, Meter()) == new


def test_a_committed_task_cant_be_failed(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account))
    world.tasks.commit(record, charge_of(record, 500), account, Meter())
    with pytest.raises(StaleToken):
        world.tasks.fail(with_error(record), account, Meter())
    found = world.tasks.find(record.key, Meter())
    assert found is not None
    assert found.status is TaskStatus.DONE


def test_a_result_may_be_named_by_its_account_only(world: World) -> None:
    account, stranger = open_account(world), open_account(world)
    record = with_result(claimed(world, account))
    world.tasks.commit(record, charge_of(record, 500), account, Meter())
    assert world.images.find_image(account.account_id, record.image_uuid, Meter()) == record.image
    assert world.images.find_image(stranger.account_id, record.image_uuid, Meter()) is None


def test_an_image_that_was_never_committed_is_unknown(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account))
    assert world.images.find_image(account.account_id, record.image_uuid, Meter()) is None


@pytest.mark.parametrize(
    "limits", [{}, {"balance": 10_000}, {"monthly_limit": 10_000}, {"balance": 10_000, "monthly_limit": 10_000}]
)
def test_a_commit_takes_the_units_that_were_foretold(metered_world: World, limits: dict[str, int]) -> None:
    account = open_account(metered_world, **limits)
    record = with_result(claimed(metered_world, account, reserved=100))
    meter = Meter()
    metered_world.tasks.commit(record, charge_of(record, 500), account, meter)
    assert meter.dynamodb_writes == metered_world.tasks.commit_units(record, account)
