"""Reconciling beside live traffic, and what can only be found where somebody has changed the table by hand."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cutout.domain.accounts import Account
from cutout.domain.ledger import Fact
from cutout.domain.metering import Meter
from cutout.domain.reconcile import PurseDrift
from cutout.service.reconcile import Reconciliation, reconcile
from tests.contract.builders import NOON, charge_of, claimed, open_account, purses, with_result
from tests.contract.worlds import World, fake_world
from tests.fakes.audit import MemoryAuditor


@dataclass(frozen=True, slots=True)
class BusyAuditor(MemoryAuditor):
    """Something happens before the facts are read, and something while they are."""

    before: Callable[[], object] = lambda: None
    during: Callable[[], object] = lambda: None

    def facts(self) -> Iterable[Fact]:
        self.before()
        facts = list(MemoryAuditor.facts(self))
        self.during()
        return facts


def database(world: World):
    return world.tasks.database  # type: ignore[union-attr]


def check(world: World, account: Account, auditor: MemoryAuditor | None = None, *, repair: bool = False) -> Reconciliation:
    return reconcile([account], auditor or MemoryAuditor(database(world)), world.tasks, NOON, repair=repair)


def commit_one(world: World, account: Account) -> None:
    record = with_result(claimed(world, account, reserved=600))
    world.tasks.commit(record, charge_of(record, 500), account, Meter())


def test_a_task_done_while_the_facts_are_read_is_in_motion_and_no_drift() -> None:
    world = fake_world()
    account = open_account(world, balance=10_000)
    auditor = BusyAuditor(database(world), before=lambda: commit_one(world, account))
    found = check(world, account, auditor, repair=True)
    assert (found.drifts, found.repaired, found.in_motion) == ((), (), 2)  # the purse, and a counter
    assert purses(world, account) == {"PREPAID": (10_000, 9_500, 0, 500)}


def test_a_task_begun_after_its_place_was_passed_is_not_released_by_a_repair() -> None:
    world = fake_world()
    account = open_account(world, balance=10_000)
    auditor = BusyAuditor(database(world), during=lambda: claimed(world, account, reserved=600))
    assert check(world, account, auditor, repair=True).is_clean
    assert purses(world, account) == {"PREPAID": (10_000, 9_400, 600, 0)}


def test_a_done_task_without_a_charge_is_reported() -> None:
    world = fake_world()
    account = open_account(world)
    commit_one(world, account)
    (key,) = database(world).charges
    del database(world).charges[key]
    found = check(world, account)
    assert found.done_but_not_charged == (key,)
    assert not found.is_clean


def test_a_task_charged_while_the_facts_are_read_is_not_reported() -> None:
    world = fake_world()
    account = open_account(world)
    commit_one(world, account)
    entries = database(world).charges
    (key, entry), *_ = entries.items()
    del entries[key]
    auditor = BusyAuditor(database(world), during=lambda: entries.update({key: entry}))
    assert check(world, account, auditor).done_but_not_charged == ()


def test_a_purse_that_is_gone_is_made_anew_from_the_facts() -> None:
    world = fake_world()
    account = open_account(world, balance=10_000, monthly_limit=5_000)
    commit_one(world, account)
    before = purses(world, account)
    database(world).purses.clear()
    found = check(world, account, repair=True)
    assert [drift.kept for drift in found.repaired if isinstance(drift, PurseDrift)] == [None, None]
    assert purses(world, account) == before
