"""What an account may know of itself: `accountManagement`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cutout.domain.accounts import Account, ApiKey
from cutout.domain.purse import PREPAID, Purse, month_of
from cutout.domain.usage import Usage
from cutout.service.ports import AccountReader, Clock

DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """`prepaid` and `month` are the purses in force, if any. `usage`: by day (`2026-11-24`, UTC) for the last 30, oldest first; days
    without any are left out.
    """

    account: Account
    today: str
    prepaid: Purse | None
    month: Purse | None
    keys: Sequence[ApiKey]
    usage: Mapping[str, Usage]

    def usage_since(self, days: int) -> Usage:
        """The sum over the last `days`, today included."""
        first = (datetime.fromisoformat(self.today) - timedelta(days=days - 1)).strftime("%Y-%m-%d")
        return sum((usage for day, usage in self.usage.items() if day >= first), Usage())


@dataclass(frozen=True, slots=True)
class Accounts:
    reader: AccountReader
    clock: Clock

    def details(self, account: Account) -> AccountDetails:
        now_ms = self.clock()
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        today, first = (day.strftime("%Y-%m-%d") for day in (now, now - timedelta(days=DAYS - 1)))
        purses = {purse.name: purse for purse in self.reader.purses(account.account_id)}
        return AccountDetails(
            account=account,
            today=today,
            prepaid=purses.get(PREPAID) if account.prepaid else None,
            month=purses.get(month_of(now_ms)) if account.monthly_limit is not None else None,
            keys=self.reader.keys(account.account_id),
            usage=dict(sorted(self.reader.usage(account.account_id, first, today).items())),
        )
