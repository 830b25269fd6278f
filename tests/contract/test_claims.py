"""Who holds a task: `TaskStore.find`, `create` and `take_over`."""

from dataclasses import replace
from uuid import uuid4

from cutout.domain.metering import Meter
from cutout.domain.tasks import TaskKey, TaskStatus
from tests.contract.builders import claimed, new_record, next_worker, open_account, with_error
from tests.contract.worlds import World


def test_a_new_task_is_kept_as_it_was_given(world: World) -> None:
    record = claimed(world, open_account(world))
    assert world.tasks.find(record.key, Meter()) == record


def test_an_unknown_task_is_not_found(world: World) -> None:
    account = open_account(world)
    assert world.tasks.find(TaskKey(account.account_id, uuid4()), Meter()) is None


def test_a_second_claim_gets_the_first_ones_record_and_changes_nothing(world: World) -> None:
    account = open_account(world)
    first = claimed(world, account)
    second = new_record(account, key=first.key, request_hash="1" * 64)
    assert world.tasks.create(second, account, Meter()) == first
    assert world.tasks.find(first.key, Meter()) == first


def test_the_same_task_uuid_in_two_accounts_is_two_tasks(world: World) -> None:
    one, other = open_account(world), open_account(world)
    mine = claimed(world, one)
    theirs = claimed(world, other, key=TaskKey(other.account_id, mine.key.task_uuid))
    assert world.tasks.find(mine.key, Meter()) == mine
    assert world.tasks.find(theirs.key, Meter()) == theirs


def test_the_next_worker_takes_an_abandoned_task_over(world: World) -> None:
    account = open_account(world)
    old = claimed(world, account)
    new = next_worker(old)
    assert world.tasks.take_over(old, new, account, Meter())
    assert world.tasks.find(old.key, Meter()) == new


def test_only_one_of_two_workers_takes_a_task_over(world: World) -> None:
    account = open_account(world)
    old = claimed(world, account)
    assert world.tasks.take_over(old, next_worker(old), account, Meter())
    assert not world.tasks.take_over(old, next_worker(old), account, Meter())


def test_a_failed_task_is_taken_over_without_its_error(world: World) -> None:
    account = open_account(world)
    record = with_error(claimed(world, account))
    world.tasks.fail(record, account, Meter())
    new = next_worker(record)
    assert world.tasks.take_over(record, new, account, Meter())
    assert world.tasks.find(record.key, Meter()) == new


def test_a_task_that_failed_meanwhile_is_not_taken_over_as_a_processing_one(world: World) -> None:
    account = open_account(world)
    record = claimed(world, account)
    world.tasks.fail(with_error(record), account, Meter())
    assert not world.tasks.take_over(record, next_worker(record), account, Meter())


def test_a_task_whose_lease_was_renewed_is_not_taken_over(world: World) -> None:
    account = open_account(world)
    record = claimed(world, account)
    stale = replace(record, lease_until_ms=record.lease_until_ms - 1)
    assert not world.tasks.take_over(stale, next_worker(stale), account, Meter())


def test_a_task_that_is_not_on_record_is_not_taken_over(world: World) -> None:
    account = open_account(world)
    record = new_record(account, status=TaskStatus.PROCESSING)
    assert not world.tasks.take_over(record, next_worker(record), account, Meter())
    assert world.tasks.find(record.key, Meter()) is None


def test_reading_and_claiming_count_their_units(metered_world: World) -> None:
    account = open_account(metered_world)
    meter = Meter()
    record = new_record(account)
    metered_world.tasks.create(record, account, meter)
    metered_world.tasks.find(record.key, meter)
    assert (meter.dynamodb_writes, meter.dynamodb_reads) == (2, 1)
