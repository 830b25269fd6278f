"""A purse's arithmetic, and which purses a task draws on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutout.domain.accounts import Account
from cutout.domain.errors import InsufficientCredits, SpendLimitExceeded
from cutout.domain.money import Micros
from cutout.domain.purse import PREPAID, Purse, day_of, empty_purse, month_of, month_purse, purse_names, reopened

amounts = st.integers(0, 10**12).map(Micros)
NEW_YEAR = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def balanced(purse: Purse) -> bool:
    return purse.available + purse.reserved + purse.spent == purse.deposited


@given(amounts, amounts)
def test_a_reservation_is_made_of_what_is_available(deposit: Micros, amount: Micros) -> None:
    purse = empty_purse(PREPAID).deposit(deposit)
    if amount > deposit:
        with pytest.raises(InsufficientCredits):
            purse.reserve(amount)
    else:
        reserved = purse.reserve(amount)
        assert (reserved.available, reserved.reserved) == (deposit - amount, amount)
        assert balanced(reserved)


@given(amounts, amounts, amounts)
def test_settling_spends_the_price_and_nothing_else(deposit: Micros, held: Micros, price: Micros) -> None:
    held, price = Micros(min(held, deposit)), Micros(min(price, deposit))
    settled = empty_purse(PREPAID).deposit(deposit).reserve(held).settle(held, price)
    assert (settled.available, settled.reserved, settled.spent) == (deposit - price, 0, price)


@given(amounts, amounts)
def test_releasing_undoes_a_reservation(deposit: Micros, held: Micros) -> None:
    purse = empty_purse(PREPAID).deposit(deposit)
    released = purse.reserve(Micros(min(held, deposit))).release(Micros(min(held, deposit)))
    assert (released.available, released.reserved, released.spent) == (deposit, 0, 0)


def test_every_change_raises_the_version() -> None:
    purse = empty_purse(PREPAID).deposit(Micros(5))
    held = purse.reserve(Micros(3))
    assert [purse.version, held.version, held.settle(Micros(3), Micros(2)).version] == [1, 2, 3]


@given(amounts, amounts, amounts)
def test_a_limit_set_in_mid_month_leaves_what_was_not_spent_yet(limit: Micros, spent: Micros, reserved: Micros) -> None:
    lifted = empty_purse("2026-11").deposit(reserved).reserve(reserved)
    purse = reopened(lifted, limit, spent)
    assert purse.available == limit - spent - reserved
    assert balanced(purse)


def test_what_was_spent_from_the_purse_itself_is_not_counted_twice() -> None:
    before = month_purse("2026-11", Micros(100)).reserve(Micros(60)).settle(Micros(60), Micros(60))
    purse = reopened(before, Micros(200), Micros(60 + 30))
    assert (purse.available, purse.spent, purse.deposited) == (110, 60, 170)


def test_a_month_that_is_used_up_says_so() -> None:
    with pytest.raises(SpendLimitExceeded, match=r"limit for 2026-11 has \$0.000005 left"):
        month_purse("2026-11", Micros(5)).reserve(Micros(6))


def test_an_overspent_month_has_nothing_left() -> None:
    with pytest.raises(SpendLimitExceeded, match=r"has \$0 left"):
        reopened(empty_purse("2026-11"), Micros(5), Micros(6)).reserve(Micros(1))


@pytest.mark.parametrize(
    ("prepaid", "limit", "names"),
    [
        (False, None, ()),
        (True, None, (PREPAID,)),
        (False, 5, ("2026-01",)),
        (True, 5, (PREPAID, "2026-01")),
        (False, 0, ("2026-01",)),
    ],
)
def test_a_task_draws_on_every_purse_that_its_account_has(prepaid: bool, limit: int | None, names: tuple[str, ...]) -> None:  # noqa: FBT001
    account = Account("a", "A", prepaid=prepaid, monthly_limit=None if limit is None else Micros(limit))
    assert purse_names(account, NEW_YEAR) == names


def test_days_and_months_turn_at_midnight_utc() -> None:
    assert (day_of(NEW_YEAR - 1), day_of(NEW_YEAR)) == ("2025-12-31", "2026-01-01")
    assert (month_of(NEW_YEAR - 1), month_of(NEW_YEAR)) == ("2025-12", "2026-01")
