"""Money: what is reserved, settled and released, and what can't be overspent."""

from dataclasses import replace

import pytest

from cutout.domain.accounts import Account
from cutout.domain.errors import InsufficientCredits, SpendLimitExceeded
from cutout.domain.metering import Meter
from cutout.domain.money import Micros
from tests.contract.builders import (
    NOON,
    at,
    charge_of,
    claimed,
    new_record,
    next_worker,
    open_account,
    purses,
    with_error,
    with_result,
)
from tests.contract.worlds import World

NOVEMBER, DECEMBER = "2026-11", "2026-12"


def commit(world: World, account: Account, price: int, **given: int) -> int:
    record = with_result(claimed(world, account, **given))
    return world.tasks.commit(record, charge_of(record, price), account, Meter()).price


def test_an_account_without_limits_has_no_purse(world: World) -> None:
    account = open_account(world)
    commit(world, account, 700, reserved=500)
    assert purses(world, account) == {}


def test_a_claim_reserves(world: World) -> None:
    account = open_account(world, balance=10_000)
    claimed(world, account, reserved=600)
    assert purses(world, account) == {"PREPAID": (10_000, 9_400, 600, 0)}


def test_a_commit_spends_the_price_and_frees_the_rest(world: World) -> None:
    account = open_account(world, balance=10_000)
    assert commit(world, account, 400, reserved=600) == 400
    assert purses(world, account) == {"PREPAID": (10_000, 9_600, 0, 400)}


def test_a_failure_releases_everything(world: World) -> None:
    account = open_account(world, balance=10_000)
    record = claimed(world, account, reserved=600)
    world.tasks.fail(with_error(record), account, Meter())
    assert purses(world, account) == {"PREPAID": (10_000, 10_000, 0, 0)}


def test_a_price_above_the_reservation_is_taken_from_what_is_available(world: World) -> None:
    account = open_account(world, balance=10_000)
    assert commit(world, account, 900, reserved=600) == 900
    assert purses(world, account) == {"PREPAID": (10_000, 9_100, 0, 900)}


def test_a_price_that_the_account_cant_pay_is_cut_to_the_reservation(world: World) -> None:
    account = open_account(world, balance=1_000)
    record = with_result(claimed(world, account, reserved=600))
    charge = world.tasks.commit(record, charge_of(record, 1_001), account, Meter())
    assert (charge.price, charge.absorbed) == (600, 401)
    assert purses(world, account) == {"PREPAID": (1_000, 400, 0, 600)}
    assert world.tasks.find_charge(record.key, Meter()) == charge


def test_a_price_that_just_uses_the_balance_up_is_paid_in_full(world: World) -> None:
    account = open_account(world, balance=1_000)
    assert commit(world, account, 1_000, reserved=600) == 1_000
    assert purses(world, account) == {"PREPAID": (1_000, 0, 0, 1_000)}


def test_a_task_that_the_balance_doesnt_cover_isnt_accepted(world: World) -> None:
    account = open_account(world, balance=599)
    record = new_record(account, reserved=600)
    with pytest.raises(InsufficientCredits, match=r"\$0\.0006; .*\$0\.000599 left"):
        world.tasks.create(record, account, Meter())
    assert world.tasks.find(record.key, Meter()) is None
    assert purses(world, account) == {"PREPAID": (599, 599, 0, 0)}


def test_a_prepaid_account_without_a_deposit_has_nothing_to_spend(world: World) -> None:
    account = open_account(world, balance=0)
    with pytest.raises(InsufficientCredits, match=r"\$0 left"):
        world.tasks.create(new_record(account, reserved=600), account, Meter())


def test_a_repeated_task_is_answered_though_the_balance_is_used_up(world: World) -> None:
    account = open_account(world, balance=600)
    record = claimed(world, account, reserved=600)
    assert world.tasks.create(record, account, Meter()) == record


def test_a_month_opens_with_its_limit(world: World) -> None:
    account = open_account(world, monthly_limit=1_000)
    claimed(world, account, reserved=600)
    assert purses(world, account) == {NOVEMBER: (1_000, 400, 600, 0)}


def test_a_task_over_the_months_limit_isnt_accepted(world: World) -> None:
    account = open_account(world, monthly_limit=1_000)
    claimed(world, account, reserved=600)
    with pytest.raises(SpendLimitExceeded, match=r"2026-11 has \$0\.0004 left"):
        world.tasks.create(new_record(account, reserved=600), account, Meter())


def test_a_month_whose_limit_is_below_one_task_accepts_none(world: World) -> None:
    account = open_account(world, monthly_limit=500)
    with pytest.raises(SpendLimitExceeded):
        world.tasks.create(new_record(account, reserved=600), account, Meter())


def test_each_month_has_its_own_limit(world: World) -> None:
    account = open_account(world, monthly_limit=1_000)
    commit(world, account, 900, reserved=900)
    commit(world, account, 800, reserved=900, created_ms=at("2026-12-01T00:00:00"))
    assert purses(world, account) == {NOVEMBER: (1_000, 100, 0, 900), DECEMBER: (1_000, 200, 0, 800)}


def test_a_task_belongs_to_the_month_in_which_it_was_accepted(world: World) -> None:
    account = open_account(world, monthly_limit=1_000)
    record = with_result(claimed(world, account, reserved=600, created_ms=at("2026-11-30T23:59:59")))
    charge = charge_of(record, 500, at_ms=at("2026-12-01T00:00:03"))
    world.tasks.commit(record, charge, account, Meter())
    assert purses(world, account) == {NOVEMBER: (1_000, 500, 0, 500)}
    assert list(world.book.usage(account.account_id, "2026-11-01", "2026-12-31")) == ["2026-11-30"]


def test_balance_and_monthly_limit_both_hold(world: World) -> None:
    account = open_account(world, balance=10_000, monthly_limit=1_000)
    assert commit(world, account, 500, reserved=600) == 500
    assert purses(world, account) == {"PREPAID": (10_000, 9_500, 0, 500), NOVEMBER: (1_000, 500, 0, 500)}
    with pytest.raises(SpendLimitExceeded):
        world.tasks.create(new_record(account, reserved=600), account, Meter())
    assert purses(world, account)["PREPAID"] == (10_000, 9_500, 0, 500)


def test_a_price_cut_by_one_purse_is_cut_in_both(world: World) -> None:
    account = open_account(world, balance=10_000, monthly_limit=1_000)
    assert commit(world, account, 1_500, reserved=600) == 600
    assert purses(world, account) == {"PREPAID": (10_000, 9_400, 0, 600), NOVEMBER: (1_000, 400, 0, 600)}


def test_a_dead_workers_reservation_goes_over_to_the_next_one(world: World) -> None:
    account = open_account(world, balance=600)
    old = claimed(world, account, reserved=600)
    new = next_worker(old, reserved=600)
    assert world.tasks.take_over(old, new, account, Meter())
    assert purses(world, account) == {"PREPAID": (600, 0, 600, 0)}
    world.tasks.commit(with_result(new), charge_of(new, 500), account, Meter())
    assert purses(world, account) == {"PREPAID": (600, 100, 0, 500)}


def test_a_take_over_with_a_new_estimate_keeps_what_was_reserved(world: World) -> None:
    account = open_account(world, balance=1_000)
    old = claimed(world, account, reserved=600)
    new = next_worker(old, reserved=900)
    assert world.tasks.take_over(old, new, account, Meter())
    assert purses(world, account) == {"PREPAID": (1_000, 400, 600, 0)}
    world.tasks.fail(with_error(new), account, Meter())
    assert purses(world, account) == {"PREPAID": (1_000, 1_000, 0, 0)}


def test_a_failed_task_is_reserved_anew(world: World) -> None:
    account = open_account(world, balance=1_000)
    old = claimed(world, account, reserved=600)
    failed = with_error(replace(old, reserved=Micros(0)))
    world.tasks.fail(with_error(old), account, Meter())
    new = next_worker(failed, reserved=700)
    assert world.tasks.take_over(failed, new, account, Meter())
    assert purses(world, account) == {"PREPAID": (1_000, 300, 700, 0)}


def test_a_failed_task_isnt_taken_over_without_money(world: World) -> None:
    account = open_account(world, balance=1_000)
    record = claimed(world, account, reserved=600)
    world.tasks.fail(with_error(record), account, Meter())
    failed = world.tasks.find(record.key, Meter())
    assert failed is not None
    with pytest.raises(InsufficientCredits):
        world.tasks.take_over(failed, next_worker(failed, reserved=1_001), account, Meter())
    assert world.tasks.find(record.key, Meter()) == failed
    assert purses(world, account) == {"PREPAID": (1_000, 1_000, 0, 0)}


def test_a_task_is_settled_where_it_was_reserved_though_the_account_has_changed(world: World) -> None:
    account = open_account(world, balance=1_000)
    record = claimed(world, account, reserved=600)
    changed = replace(account, prepaid=False, monthly_limit=Micros(5_000))
    world.book.change(changed, NOON)
    world.tasks.commit(with_result(record), charge_of(record, 500), changed, Meter())
    assert purses(world, account) == {"PREPAID": (1_000, 500, 0, 500), NOVEMBER: (5_000, 5_000, 0, 0)}


def test_a_task_is_released_where_it_was_reserved_though_the_account_has_changed(world: World) -> None:
    account = open_account(world, balance=1_000)
    record = claimed(world, account, reserved=600)
    changed = replace(account, prepaid=False)
    world.book.change(changed, NOON)
    world.tasks.fail(with_error(record), changed, Meter())
    assert purses(world, account) == {"PREPAID": (1_000, 1_000, 0, 0)}


def test_a_raised_limit_holds_at_once(world: World) -> None:
    account = open_account(world, monthly_limit=1_000)
    commit(world, account, 900, reserved=900)
    raised = replace(account, monthly_limit=Micros(2_000))
    world.book.change(raised, NOON)
    assert purses(world, account) == {NOVEMBER: (2_000, 1_100, 0, 900)}


def test_a_limit_lowered_below_what_was_spent_accepts_nothing_more(world: World) -> None:
    account = open_account(world, monthly_limit=1_000)
    commit(world, account, 900, reserved=900)
    lowered = replace(account, monthly_limit=Micros(500))
    world.book.change(lowered, NOON)
    assert purses(world, account) == {NOVEMBER: (500, -400, 0, 900)}
    with pytest.raises(SpendLimitExceeded, match=r"\$0 left"):
        world.tasks.create(new_record(lowered, reserved=1), lowered, Meter())


def test_a_limit_set_in_mid_month_counts_what_was_spent_before(world: World) -> None:
    account = open_account(world)
    commit(world, account, 700)
    commit(world, account, 50, created_ms=at("2026-10-31T12:00:00"))
    world.book.change(replace(account, monthly_limit=Micros(1_000)), NOON)
    assert purses(world, account) == {NOVEMBER: (300, 300, 0, 0)}


def test_a_limit_that_was_lifted_for_a_while_counts_what_was_spent_meanwhile(world: World) -> None:
    limited = open_account(world, monthly_limit=1_000)
    open_task = claimed(world, limited, reserved=100)
    free = replace(limited, monthly_limit=None)
    world.book.change(free, NOON)
    commit(world, free, 700)
    world.book.change(limited, NOON)
    assert purses(world, limited) == {NOVEMBER: (300, 200, 100, 0)}
    world.tasks.commit(with_result(open_task), charge_of(open_task, 100), limited, Meter())
    assert purses(world, limited) == {NOVEMBER: (300, 200, 0, 100)}


def test_one_accounts_tasks_never_touch_anothers_money(world: World) -> None:
    account, stranger = open_account(world, balance=1_000), open_account(world, balance=1_000)
    commit(world, account, 500, reserved=600)
    assert purses(world, stranger) == {"PREPAID": (1_000, 1_000, 0, 0)}
