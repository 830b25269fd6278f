"""The operator's side of accounts in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cutout.domain.accounts import Account, ApiKey
from cutout.domain.money import Micros
from cutout.domain.purse import PREPAID, Purse, empty_purse, month_of, reopened
from cutout.domain.usage import Usage
from cutout.service.book import AccountExists, ReferenceUsed, UnknownAccount, UnknownKey
from tests.fakes.stores import MemoryDatabase


@dataclass(frozen=True, slots=True)
class MemoryAccountBook:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)

    def create(self, account: Account) -> None:
        if self.database.accounts.setdefault(account.account_id, account) != account:
            raise AccountExists(account.account_id)

    def find(self, account_id: str) -> Account | None:
        return self.database.accounts.get(account_id)

    def accounts(self) -> Iterable[Account]:
        return [account for _, account in sorted(self.database.accounts.items())]

    def change(self, account: Account, now_ms: int) -> None:
        with self.database.lock:
            old = self._known(account.account_id)
            self.database.accounts[account.account_id] = account
            limit, month = account.monthly_limit, month_of(now_ms)
            if limit is None or limit == old.monthly_limit:
                return
            purse = self.database.purses.get((account.account_id, month))
            if purse and old.monthly_limit is not None:
                changed = purse.deposit(Micros(limit - old.monthly_limit))
            else:
                spent = sum(day.price for day in self.usage(account.account_id, f"{month}-01", f"{month}-31").values())
                changed = reopened(purse or empty_purse(month), limit, Micros(spent))
            self.database.purses[account.account_id, month] = changed

    def top_up(self, account_id: str, amount: Micros, reference: str, at_ms: int) -> None:
        with self.database.lock:
            self._known(account_id)
            if (account_id, reference) in self.database.top_ups:
                if self.database.top_ups[account_id, reference] != amount:
                    raise ReferenceUsed(reference)
                return
            self.database.top_ups[account_id, reference] = amount
            purse = self.database.purses.get((account_id, PREPAID), empty_purse(PREPAID))
            self.database.purses[account_id, PREPAID] = purse.deposit(amount)

    def purses(self, account_id: str) -> Sequence[Purse]:
        return [
            purse for (owner, _), purse in sorted(self.database.purses.items(), key=lambda pair: pair[0]) if owner == account_id
        ]

    def add_key(self, key: ApiKey) -> None:
        self._known(key.account_id)
        self.database.keys[key.key_hash] = key

    def keys(self, account_id: str) -> Sequence[ApiKey]:
        own = (key for key in self.database.keys.values() if key.account_id == account_id)
        return sorted(own, key=lambda key: (key.created_ms, key.key_hash))

    def revoke_key(self, account_id: str, key_hash: str) -> None:
        key = self.database.keys.get(key_hash)
        if key is None or key.account_id != account_id:
            raise UnknownKey(account_id)
        self.database.keys[key_hash] = replace(key, revoked=True)

    def replace_key(self, key_hash: str, successor: ApiKey) -> None:
        with self.database.lock:
            if successor.key_hash in self.database.keys:
                return
            key = self.database.keys.get(key_hash)
            if key is None or key.account_id != successor.account_id or key.revoked:
                raise UnknownKey(successor.account_id)
            self.database.keys[key_hash] = replace(key, revoked=True)
            self.database.keys[successor.key_hash] = successor

    def usage(self, account_id: str, first_day: str, last_day: str) -> Mapping[str, Usage]:
        days: dict[str, Usage] = {}
        for (owner, day, _), used in self.database.usage.items():
            if owner == account_id and first_day <= day <= last_day:
                days[day] = days.get(day, Usage()) + used
        return days

    def _known(self, account_id: str) -> Account:
        if account_id not in self.database.accounts:
            raise UnknownAccount(account_id)
        return self.database.accounts[account_id]
