"""The operator's side of accounts, in DynamoDB."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cutout.adapters.dynamodb.account_items import account_item, account_of, api_key_item, api_key_of
from cutout.adapters.dynamodb.actions import Action, check, put, update
from cutout.adapters.dynamodb.keys import ACCOUNTS, account_key, api_key_key, keys_of, purse_key, top_up_key, usage_key
from cutout.adapters.dynamodb.purses import purse_item, purse_of
from cutout.adapters.dynamodb.table import Cancelled, Table
from cutout.adapters.dynamodb.usage_items import usage_by_day
from cutout.domain.accounts import Account, ApiKey
from cutout.domain.errors import ServiceUnavailable
from cutout.domain.money import Micros
from cutout.domain.purse import PREPAID, Purse, empty_purse, month_of, reopened
from cutout.domain.usage import Usage
from cutout.service.book import AccountExists, ReferenceUsed, UnknownAccount, UnknownKey

_ROUNDS: Final = 8
"""How often a change is tried against an account that is at work meanwhile."""

_EXISTS: Final = "attribute_exists(#pk)"
_ABSENT: Final = "attribute_not_exists(#pk)"


@dataclass(frozen=True, slots=True)
class DynamoAccountBook:
    table: Table

    def create(self, account: Account) -> None:
        try:
            self.table.transact([put(account_item(account), _ABSENT)])
        except Cancelled as cancelled:
            # An answer may have been lost: an account just like this one is what was asked for.
            stored = cancelled.refusals[0].item
            if stored is None or account_of(stored) != account:
                raise AccountExists(account.account_id) from None

    def find(self, account_id: str) -> Account | None:
        item = self.table.get(account_key(account_id))
        return account_of(item) if item else None

    def accounts(self) -> Iterable[Account]:
        return map(account_of, self.table.list_index(ACCOUNTS))

    def change(self, account: Account, now_ms: int) -> None:
        for _ in range(_ROUNDS):
            old = self.find(account.account_id)
            if old is None:
                raise UnknownAccount(account.account_id)
            same_limit, values = (
                ("attribute_not_exists(#monthly_limit)", {})
                if old.monthly_limit is None
                else ("#monthly_limit = :old_limit", {"old_limit": old.monthly_limit})
            )
            changes = [put(account_item(account), f"{_EXISTS} AND {same_limit}", **values)]
            try:
                self.table.transact([*changes, *self._limit_changes(old, account, month_of(now_ms))])
            except Cancelled:
                continue
            return
        raise ServiceUnavailable(f"The account {account.account_id!r} is too busy to be changed now. Try again.")

    def _limit_changes(self, old: Account, new: Account, month: str) -> list[Action]:
        """What makes the month's purse fit a new limit."""
        limit = new.monthly_limit
        if limit is None or limit == old.monthly_limit:
            return []
        key = purse_key(new.account_id, month)
        stored = self.table.get(key)
        if stored is not None and old.monthly_limit is not None:
            # Every task of the month went through the purse: it only grows or shrinks, whatever goes on in it meanwhile.
            growth = limit - old.monthly_limit
            return [update(key, "ADD #deposited :growth, #available :growth, #version :one", _EXISTS, growth=growth, one=1)]
        spent = sum(day.price for day in self.usage(new.account_id, f"{month}-01", f"{month}-31").values())
        purse = purse_of(stored) if stored else empty_purse(month)
        due = purse_item(new.account_id, reopened(purse, limit, Micros(spent)))
        return [put(due, "#version = :version", version=purse.version) if stored else put(due, _ABSENT)]

    def top_up(self, account_id: str, amount: Micros, reference: str, at_ms: int) -> None:
        record = {**top_up_key(account_id, reference), "amount": amount, "at_ms": at_ms}
        payment = [
            put(record, _ABSENT),
            check(account_key(account_id), _EXISTS),
            update(
                purse_key(account_id, PREPAID),
                "SET #name = :name ADD #deposited :amount, #available :amount, #reserved :zero, #spent :zero, #version :one",
                name=PREPAID,
                amount=amount,
                zero=0,
                one=1,
            ),
        ]
        try:
            self.table.transact(payment)
        except Cancelled as cancelled:
            earlier, account, _ = cancelled.refusals
            if account.failed:
                raise UnknownAccount(account_id) from None
            if earlier.item is None or earlier.item["amount"] != amount:
                raise ReferenceUsed(reference) from None

    def purses(self, account_id: str) -> Sequence[Purse]:
        key = purse_key(account_id, "")
        return [purse_of(item) for item in self.table.list(key["pk"], key["sk"])]

    def add_key(self, key: ApiKey) -> None:
        try:
            self.table.transact([check(account_key(key.account_id), _EXISTS), put(api_key_item(key))])
        except Cancelled:
            raise UnknownAccount(key.account_id) from None

    def keys(self, account_id: str) -> Sequence[ApiKey]:
        return [api_key_of(item) for item in self.table.list_index(keys_of(account_id))]

    def revoke_key(self, account_id: str, key_hash: str) -> None:
        try:
            self.table.transact([_revocation(key_hash, "#account = :account", account_id)])
        except Cancelled:
            raise UnknownKey(account_id) from None

    def replace_key(self, key_hash: str, successor: ApiKey) -> None:
        in_use = "#account = :account AND #revoked = :no"
        try:
            self.table.transact(
                [
                    put(api_key_item(successor), _ABSENT),
                    _revocation(key_hash, in_use, successor.account_id, no=False),
                ]
            )
        except Cancelled as cancelled:
            # An answer may have been lost: the successor being there is what was asked for.
            if not cancelled.refusals[0].failed:
                raise UnknownKey(successor.account_id) from None

    def usage(self, account_id: str, first_day: str, last_day: str) -> Mapping[str, Usage]:
        first, last = usage_key(account_id, first_day, 0), usage_key(account_id, last_day, 99)
        return usage_by_day(self.table.list(first["pk"], first["sk"], sk_until=last["sk"]))


def _revocation(key_hash: str, condition: str, account_id: str, **values: object) -> Action:
    return update(api_key_key(key_hash), "SET #revoked = :yes", condition, account=account_id, yes=True, **values)
