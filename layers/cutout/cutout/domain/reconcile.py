"""Books computed anew from the facts, and compared with the books as they were kept."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cutout.domain.accounts import Account
from cutout.domain.ledger import Fact, KeptTask, LedgerEntry, TopUp
from cutout.domain.money import Micros
from cutout.domain.purse import PREPAID, Purse, empty_purse
from cutout.domain.tasks import TaskKey, TaskStatus
from cutout.domain.usage import Usage, shard_of, usage_of

Shard = tuple[str, int]
"""A day and the number of the shard that counts for it."""


@dataclass(frozen=True, slots=True)
class Books:
    """One account's derived data as it was kept."""

    account: Account
    purses: Mapping[str, Purse]
    usage: Mapping[Shard, Usage]


@dataclass(frozen=True, slots=True)
class PurseDrift:
    """`kept` is None where a purse is missing that tasks drew on."""

    account_id: str
    kept: Purse | None
    due: Purse


@dataclass(frozen=True, slots=True)
class UsageDrift:
    account_id: str
    shard: Shard
    kept: Usage | None
    due: Usage


Drift = PurseDrift | UsageDrift


@dataclass(slots=True)
class Tally:
    """Sums over the facts, taken in any order, each once. Memory grows by some 300 bytes for each task that is still on record."""

    paid_in: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    spent: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    reserved: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    drawn_on: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    usage: dict[str, dict[Shard, Usage]] = field(default_factory=lambda: defaultdict(dict))
    open_tasks: list[KeptTask] = field(default_factory=list)
    done: set[TaskKey] = field(default_factory=set)
    charged: set[TaskKey] = field(default_factory=set)

    def add(self, fact: Fact) -> None:
        match fact:
            case TopUp(account_id, amount):
                self.paid_in[account_id] += amount
            case LedgerEntry():
                self._add_entry(fact)
            case KeptTask(record, purses):
                if record.status is TaskStatus.DONE:
                    self.done.add(record.key)
                elif record.is_open:
                    self.open_tasks.append(fact)
                    self.drawn_on[fact.account_id].update(purses)
                    for name in purses:
                        self.reserved[fact.account_id, name] += record.reserved

    def _add_entry(self, entry: LedgerEntry) -> None:
        charge, account_id = entry.charge, entry.account_id
        self.charged.add(charge.key)
        self.drawn_on[account_id].update(entry.purses)
        for name in entry.purses:
            self.spent[account_id, name] += charge.price
        shards, shard = self.usage[account_id], (entry.day, shard_of(charge.key.task_uuid))
        shards[shard] = shards.get(shard, Usage()) + usage_of(charge)

    def done_but_not_charged(self) -> set[TaskKey]:
        """Never found, unless somebody changed the table by hand: charge and end of task are one transaction."""
        return self.done - self.charged


def drifts(books: Books, tally: Tally) -> Iterator[Drift]:
    """Where the books as kept differ from what the facts make them."""
    account_id = books.account.account_id
    for name in sorted(_purses_due(books, tally)):
        kept = books.purses.get(name)
        due = _purse_due(name, kept, books.account, tally)
        if due != kept:
            yield PurseDrift(account_id, kept, due)
    due_usage = tally.usage.get(account_id, {})
    for shard in sorted({*books.usage, *due_usage}):
        counted, due_count = books.usage.get(shard), due_usage.get(shard, Usage())
        if counted != due_count:
            yield UsageDrift(account_id, shard, counted, due_count)


def _purses_due(books: Books, tally: Tally) -> set[str]:
    account_id = books.account.account_id
    paid_in = {PREPAID} if tally.paid_in.get(account_id) else set()
    return {*books.purses, *paid_in, *tally.drawn_on.get(account_id, ())}


def _purse_due(name: str, kept: Purse | None, account: Account, tally: Tally) -> Purse:
    spent = tally.spent.get((account.account_id, name), 0)
    reserved = tally.reserved.get((account.account_id, name), 0)
    purse = kept or empty_purse(name)
    deposited: int = purse.deposited
    if name == PREPAID:
        deposited = tally.paid_in.get(account.account_id, 0)
    elif kept is None:
        # Only the purse itself knew what the month's limit allowed; the account's present one is the best guess.
        deposited = spent + reserved if account.monthly_limit is None else account.monthly_limit
    return Purse(name, Micros(deposited), Micros(deposited - reserved - spent), Micros(reserved), Micros(spent), purse.version)
