"""Reading everything, and putting right what is derived, in DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass

from cutout.adapters.dynamodb.actions import Action, Item, put
from cutout.adapters.dynamodb.keys import charge_key, ledger_of, purse_key, usage_key
from cutout.adapters.dynamodb.purses import purse_item, purse_of
from cutout.adapters.dynamodb.table import Cancelled, Table
from cutout.adapters.dynamodb.task_items import charge_of, task_of
from cutout.adapters.dynamodb.usage_items import usage_item, usage_of_item
from cutout.domain.accounts import Account
from cutout.domain.ledger import Fact, KeptTask, LedgerEntry, TopUp
from cutout.domain.money import Micros
from cutout.domain.reconcile import Books, Drift, PurseDrift
from cutout.domain.tasks import TaskKey


@dataclass(frozen=True, slots=True)
class DynamoLedger:
    """The charges of an account."""

    table: Table

    def entries(self, account_id: str, month: str) -> Iterator[LedgerEntry]:
        return map(entry_of, self.table.list_index(ledger_of(account_id, month)))


@dataclass(frozen=True, slots=True)
class DynamoAuditor:
    table: Table

    def books(self, account: Account) -> Books:
        purses, usage = purse_key(account.account_id, ""), usage_key(account.account_id, "", 0)
        return Books(
            account,
            {item["name"]: purse_of(item) for item in self.table.list(purses["pk"], purses["sk"])},
            {(item["day"], int(item["shard"])): usage_of_item(item) for item in self.table.list(usage["pk"])},
        )

    def facts(self) -> Iterator[Fact]:
        for item in self.table.scan():
            fact = _fact(item)
            if fact is not None:
                yield fact

    def repair(self, drift: Drift) -> bool:
        try:
            self.table.transact([_repair(drift)])
        except Cancelled as cancelled:
            # An answer may have been lost: the books being right is what was asked for.
            item = cancelled.refusals[0].item
            if item is None:
                return False
            return (
                (purse_of(item) == drift.due.next_version())
                if isinstance(drift, PurseDrift)
                else (usage_of_item(item) == drift.due)
            )
        return True

    def is_charged(self, key: TaskKey) -> bool:
        return self.table.get(charge_key(key)) is not None


def entry_of(item: Item) -> LedgerEntry:
    return LedgerEntry(charge_of(item), int(item["accepted_ms"]), tuple(item["purses"]))


def _fact(item: Item) -> Fact | None:
    kind, sort = item["pk"].partition("#")[0], item["sk"].partition("#")[0]
    match kind, sort:
        case "CHARGE", _:
            return entry_of(item)
        case "TASK", _:
            return KeptTask(task_of(item), tuple(item["purses"]))
        case "ACCOUNT", "TOPUP":
            return TopUp(item["pk"].partition("#")[2], Micros(int(item["amount"])))
        case _:
            return None


def _repair(drift: Drift) -> Action:
    if isinstance(drift, PurseDrift):
        due = purse_item(drift.account_id, drift.due.next_version())
        unchanged = {"version": drift.kept.version} if drift.kept else {}
    else:
        due = usage_item(drift.account_id, *drift.shard, drift.due)
        # Every commit adds a task: the same number means that none came in between.
        unchanged = {"tasks": drift.kept.tasks} if drift.kept else {}
    condition = " AND ".join(f"#{name} = :{name}" for name in unchanged) or "attribute_not_exists(#pk)"
    return put(due, condition, **unchanged)
