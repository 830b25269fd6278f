"""Connections that break before a call arrives, or after it was done. The fake has no connection to break."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from cutout.domain.errors import ServiceUnavailable
from cutout.domain.metering import Meter
from cutout.domain.money import Micros
from cutout.domain.tasks import TaskStatus
from tests.contract.builders import NOON, charge_of, claimed, new_record, next_worker, open_account, purses, with_error, with_result
from tests.contract.worlds import World

FAULTS = (["before"], ["after"], ["before", "after"], ["after", "after", "after"])
faults = pytest.mark.parametrize("faults", FAULTS, ids="-".join)


def breaks(world: World, faults: Sequence[str]) -> None:
    assert world.client is not None
    world.client.faults.extend(faults)


@faults
def test_a_claim_is_recognised_as_ones_own(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world, balance=1_000)
    record = new_record(account, reserved=600)
    breaks(connected_world, faults)
    assert connected_world.tasks.create(record, account, Meter()) is None
    assert purses(connected_world, account) == {"PREPAID": (1_000, 400, 600, 0)}


@faults
def test_a_months_first_claim_opens_it_once(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world, monthly_limit=1_000)
    breaks(connected_world, [*faults, *faults])
    assert connected_world.tasks.create(new_record(account, reserved=600), account, Meter()) is None
    assert purses(connected_world, account) == {"2026-11": (1_000, 400, 600, 0)}


@faults
def test_a_take_over_is_recognised_as_ones_own(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world)
    old = claimed(connected_world, account)
    breaks(connected_world, faults)
    assert connected_world.tasks.take_over(old, next_worker(old), account, Meter())


@faults
def test_a_take_over_by_somebody_else_with_the_same_token_is_not_ones_own(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world)
    old = claimed(connected_world, account)
    assert connected_world.tasks.take_over(old, next_worker(old), account, Meter())
    breaks(connected_world, faults)
    assert not connected_world.tasks.take_over(old, next_worker(old), account, Meter())


@faults
def test_a_commit_counts_once(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world, balance=1_000, monthly_limit=2_000)
    record = with_result(claimed(connected_world, account, reserved=600))
    charge = charge_of(record, 500)
    breaks(connected_world, faults)
    assert connected_world.tasks.commit(record, charge, account, Meter()) == charge
    assert purses(connected_world, account) == {"PREPAID": (1_000, 500, 0, 500), "2026-11": (2_000, 1_500, 0, 500)}
    assert connected_world.book.usage(account.account_id, "2026-11-24", "2026-11-24")["2026-11-24"].tasks == 1


@faults
def test_a_commit_whose_price_was_cut_returns_the_charge_that_was_entered(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world, balance=1_000)
    record = with_result(claimed(connected_world, account, reserved=600))
    breaks(connected_world, [*faults, *faults])
    charge = connected_world.tasks.commit(record, charge_of(record, 1_001), account, Meter())
    assert (charge.price, charge.absorbed) == (600, 401)
    assert connected_world.tasks.find_charge(record.key, Meter()) == charge


@faults
def test_a_failure_releases_once(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world, balance=1_000)
    record = claimed(connected_world, account, reserved=600)
    breaks(connected_world, faults)
    connected_world.tasks.fail(with_error(record), account, Meter())
    assert purses(connected_world, account) == {"PREPAID": (1_000, 1_000, 0, 0)}


@faults
def test_a_top_up_pays_in_once(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world, balance=1_000)
    breaks(connected_world, faults)
    connected_world.book.top_up(account.account_id, Micros(500), "invoice 7", NOON)
    assert purses(connected_world, account) == {"PREPAID": (1_500, 1_500, 0, 0)}


@faults
def test_a_raised_limit_is_raised_once(connected_world: World, faults: Sequence[str]) -> None:
    account = open_account(connected_world, monthly_limit=1_000)
    claimed(connected_world, account, reserved=600)
    breaks(connected_world, faults)
    connected_world.book.change(replace(account, monthly_limit=Micros(1_500)), NOON)
    assert purses(connected_world, account) == {"2026-11": (1_500, 900, 600, 0)}


def test_a_commit_that_never_gets_an_answer_is_our_fault_and_may_be_repeated(connected_world: World) -> None:
    account = open_account(connected_world, balance=1_000)
    record = with_result(claimed(connected_world, account, reserved=600))
    charge = charge_of(record, 500)
    breaks(connected_world, ["after"] * 10)
    with pytest.raises(ServiceUnavailable):
        connected_world.tasks.commit(record, charge, account, Meter())
    assert connected_world.tasks.commit(record, charge, account, Meter()) == charge
    assert purses(connected_world, account) == {"PREPAID": (1_000, 500, 0, 500)}


def test_a_store_that_cant_be_reached_is_our_fault_and_leaves_nothing(connected_world: World) -> None:
    account = open_account(connected_world)
    record = new_record(account)
    breaks(connected_world, ["before"] * 10)
    with pytest.raises(ServiceUnavailable):
        connected_world.tasks.create(record, account, Meter())
    assert connected_world.tasks.find(record.key, Meter()) is None


def test_a_read_is_simply_repeated(connected_world: World) -> None:
    record = claimed(connected_world, open_account(connected_world))
    breaks(connected_world, ["before", "after"])
    found = connected_world.tasks.find(record.key, Meter())
    assert found is not None
    assert found.status is TaskStatus.PROCESSING
