"""Books against the facts: what is found, what is put right, and what is left alone."""

from dataclasses import replace
from decimal import Decimal

from cutout.domain.accounts import Account
from cutout.domain.ledger import LedgerEntry
from cutout.domain.metering import Meter
from cutout.domain.money import Micros
from cutout.domain.purse import Purse
from cutout.domain.reconcile import PurseDrift, UsageDrift
from cutout.domain.tasks import TaskStatus
from cutout.domain.usage import Usage
from cutout.service.reconcile import ABANDONED_AFTER_MS, Reconciliation, reconcile
from tests.contract.builders import (
    LEASE_MS,
    NOON,
    at,
    charge_of,
    claimed,
    next_worker,
    open_account,
    purses,
    with_error,
    with_result,
)
from tests.contract.worlds import World

LATER = NOON + LEASE_MS + ABANDONED_AFTER_MS + 1


def check(world: World, account: Account, *, now_ms: int = NOON, repair: bool = False) -> Reconciliation:
    return reconcile([account], world.auditor, world.tasks, now_ms, repair=repair)


def a_busy_month(world: World, account: Account) -> None:
    """Three tasks done, one of them above its reservation, one failed, one taken over, one at work."""
    for price in (400, 500, 900):
        record = with_result(claimed(world, account, reserved=600))
        world.tasks.commit(record, charge_of(record, price), account, Meter())
    world.tasks.fail(with_error(claimed(world, account, reserved=600)), account, Meter())
    old = claimed(world, account, reserved=600)
    world.tasks.take_over(old, next_worker(old, reserved=600), account, Meter())
    claimed(world, account, reserved=600)


def spoil(world: World, account: Account, **changes: int) -> Purse:
    """Somebody edits the first purse by hand."""
    purse = world.book.purses(account.account_id)[0]
    wrong = replace(purse, **{name: Micros(value) for name, value in changes.items()})
    assert world.auditor.repair(PurseDrift(account.account_id, purse, wrong))
    return purse


def test_books_kept_by_the_stores_agree_with_the_facts(world: World) -> None:
    for limits in ({}, {"balance": 10_000}, {"monthly_limit": 5_000}, {"balance": 10_000, "monthly_limit": 5_000}):
        account = open_account(world, **limits)
        a_busy_month(world, account)
        found = check(world, account)
        assert (found.drifts, found.charges, found.in_motion) == ((), 3, 0)
        assert found.is_clean


def test_a_limit_that_was_set_in_mid_month_agrees_with_the_facts(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account))
    world.tasks.commit(record, charge_of(record, 700), account, Meter())
    limited = replace(account, monthly_limit=Micros(5_000))
    world.book.change(limited, NOON)
    a_busy_month(world, limited)
    assert check(world, limited).drifts == ()


def test_a_prepaid_account_that_was_billed_afterwards_before_agrees_with_the_facts(world: World) -> None:
    account = open_account(world)
    record = with_result(claimed(world, account))
    world.tasks.commit(record, charge_of(record, 700), account, Meter())
    prepaid = replace(account, prepaid=True)
    world.book.change(prepaid, NOON)
    world.book.top_up(account.account_id, Micros(10_000), "first", NOON)
    a_busy_month(world, prepaid)
    assert check(world, prepaid).drifts == ()


def test_a_purse_that_disagrees_is_reported_and_left_alone(world: World) -> None:
    account = open_account(world, balance=10_000)
    a_busy_month(world, account)
    good = spoil(world, account, spent=1, available=9_999, reserved=0)
    (drift,) = check(world, account).drifts
    assert isinstance(drift, PurseDrift)
    assert (drift.due.available, drift.due.reserved, drift.due.spent) == (good.available, good.reserved, good.spent)
    assert world.book.purses(account.account_id)[0].spent == 1


def test_a_purse_that_disagrees_is_put_right_on_demand(world: World) -> None:
    account = open_account(world, balance=10_000)
    a_busy_month(world, account)
    before = purses(world, account)
    spoil(world, account, spent=1, available=9_999, reserved=0, deposited=10_000)
    found = check(world, account, repair=True)
    assert len(found.repaired) == 1
    assert found.is_clean
    assert purses(world, account) == before
    assert check(world, account).drifts == ()


def test_a_counter_that_disagrees_is_put_right_on_demand(world: World) -> None:
    account = open_account(world)
    a_busy_month(world, account)
    usage = world.auditor.books(account).usage
    shard, kept = next(iter(usage.items()))
    assert world.auditor.repair(
        UsageDrift(account.account_id, shard, kept, replace(kept, price=Micros(7), megapixels=Decimal("0.5")))
    )
    assert world.auditor.repair(UsageDrift(account.account_id, ("2026-01-01", 3), None, Usage(tasks=5)))
    found = check(world, account, repair=True)
    assert len(found.repaired) == 2
    assert {shard: used for shard, used in world.auditor.books(account).usage.items() if used.tasks} == usage
    assert check(world, account).is_clean


def test_what_moved_since_it_was_read_is_not_repaired(world: World) -> None:
    account = open_account(world, balance=10_000)
    a_busy_month(world, account)
    spoil(world, account, available=1)
    (drift,) = check(world, account).drifts
    record = claimed(world, account, reserved=1)
    assert not world.auditor.repair(drift)
    world.tasks.fail(with_error(record), account, Meter())


def test_a_task_at_work_is_not_abandoned(world: World) -> None:
    account = open_account(world, balance=10_000)
    claimed(world, account, reserved=600)
    found = check(world, account, now_ms=LATER - 1, repair=True)
    assert found.abandoned == ()
    assert purses(world, account)["PREPAID"][2] == 600


def test_an_abandoned_tasks_reservation_is_released_on_demand(world: World) -> None:
    account = open_account(world, balance=10_000)
    record = claimed(world, account, reserved=600)
    assert [task.record for task in check(world, account, now_ms=LATER).abandoned] == [record]
    assert purses(world, account)["PREPAID"][2] == 600
    assert len(check(world, account, now_ms=LATER, repair=True).released) == 1
    assert purses(world, account) == {"PREPAID": (10_000, 10_000, 0, 0)}


def test_a_released_task_may_run_again(world: World) -> None:
    account = open_account(world, balance=10_000)
    record = claimed(world, account, reserved=600)
    check(world, account, now_ms=LATER, repair=True)
    found = world.tasks.find(record.key, Meter())
    assert found is not None
    assert found.status is TaskStatus.FAILED
    assert found.error is not None
    assert found.error["status"] == 504
    assert world.tasks.take_over(found, next_worker(found, reserved=600), account, Meter())


def test_another_accounts_facts_are_left_out(world: World) -> None:
    account, stranger = open_account(world, balance=10_000), open_account(world, balance=10_000)
    claimed(world, stranger, reserved=600)
    found = check(world, account, now_ms=LATER, repair=True)
    assert found.is_clean
    assert purses(world, stranger)["PREPAID"][2] == 600


def test_a_months_charges_are_listed_as_their_tasks_were_accepted(world: World) -> None:
    account = open_account(world, balance=10_000)
    entries = []
    for created_ms in (NOON + 5, NOON, at("2026-12-01T00:00:00")):
        record = with_result(claimed(world, account, reserved=600, created_ms=created_ms))
        charge = world.tasks.commit(record, charge_of(record, 500), account, Meter())
        entries.append(LedgerEntry(charge, created_ms, ("PREPAID",)))
    assert list(world.ledger.entries(account.account_id, "2026-11")) == [entries[1], entries[0]]
    assert list(world.ledger.entries(account.account_id, "2026-12")) == [entries[2]]
    assert list(world.ledger.entries(account.account_id, "2026-10")) == []
