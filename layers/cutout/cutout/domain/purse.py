"""Purses: the sums of money that an account's tasks draw on, and what may be drawn.

An account has none (it is billed afterwards, without limit), one or two: its prepaid balance, and its limit for a calendar month.
Money is reserved when a task is accepted and settled when it is done, so that tasks at work at the same time can't overspend
together. A task belongs to the day and month (UTC) in which it was accepted, whenever it is done.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from cutout.domain.accounts import Account
from cutout.domain.errors import AccessError, InsufficientCredits, SpendLimitExceeded
from cutout.domain.money import Micros, to_dollars

PREPAID: Final = "PREPAID"
"""The name of the purse of prepaid money; the others are named after their month, `2026-11`."""


def day_of(at_ms: int) -> str:
    """`2026-11-24`, in UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")


def month_of(at_ms: int) -> str:
    """`2026-11`, in UTC."""
    return day_of(at_ms)[:7]


def purse_names(account: Account, accepted_ms: int) -> tuple[str, ...]:
    """The purses that a task of this account draws on: all of them must cover it."""
    prepaid = (PREPAID,) if account.prepaid else ()
    monthly = (month_of(accepted_ms),) if account.monthly_limit is not None else ()
    return prepaid + monthly


@dataclass(frozen=True, slots=True)
class Purse:
    """`available` + `reserved` + `spent` = `deposited`, after every operation.

    `deposited` is what was paid in, or what the month's limit allowed when it was set. `available` is negative only where a limit
    was set or lowered below what was already spent. `version` counts the changes, so that a repair can tell whether anything moved in the meantime.
    """

    name: str
    deposited: Micros
    available: Micros
    reserved: Micros = Micros(0)
    spent: Micros = Micros(0)
    version: int = 0

    def reserve(self, amount: Micros) -> "Purse":
        """Set `amount` aside for a task.

        Raises:
            InsufficientCredits, SpendLimitExceeded: there is less available.
        """
        if amount > self.available:
            raise refusal(self.name, amount, self.available)
        return self._moved(available=-amount, reserved=amount)

    def settle(self, held: Micros, price: Micros) -> "Purse":
        """Spend `price` of what was `held` and free the rest. `price` is at most `held` + `available`."""
        return self._moved(available=held - price, reserved=-held, spent=price)

    def release(self, held: Micros) -> "Purse":
        """Free what was `held`: the task is not to be paid."""
        return self.settle(held, Micros(0))

    def deposit(self, amount: Micros) -> "Purse":
        """Pay in; a lowered monthly limit is a negative deposit."""
        return replace(self._moved(available=amount), deposited=Micros(self.deposited + amount))

    def next_version(self) -> "Purse":
        return replace(self, version=self.version + 1)

    def _moved(self, *, available: int = 0, reserved: int = 0, spent: int = 0) -> "Purse":
        return replace(
            self,
            available=Micros(self.available + available),
            reserved=Micros(self.reserved + reserved),
            spent=Micros(self.spent + spent),
            version=self.version + 1,
        )


def empty_purse(name: str) -> Purse:
    return Purse(name, Micros(0), Micros(0))


def month_purse(month: str, limit: Micros) -> Purse:
    """The purse of a month whose limit holds from its first task on."""
    return Purse(month, limit, limit)


def reopened(purse: Purse, limit: Micros, spent_in_month: Micros) -> Purse:
    """A month's purse when a limit is set in the course of it: what went past the purse until then is not deposited.

    Tasks that are at work without a limit at that moment go past it too.
    """
    past_it = spent_in_month - purse.spent
    return purse.deposit(Micros(limit - past_it - purse.deposited))


def refusal(name: str, needed: Micros, available: Micros) -> AccessError:
    """The error for a task that a purse doesn't cover, in the client's words."""
    need, have = f"${to_dollars(needed):f}", f"${to_dollars(max(available, Micros(0))):f}"
    if name == PREPAID:
        return InsufficientCredits(f"This task may cost up to {need}; the account's balance has {have} left. Nothing was charged.")
    return SpendLimitExceeded(
        f"This task may cost up to {need}; the account's limit for {name} has {have} left. Nothing was charged."
    )
