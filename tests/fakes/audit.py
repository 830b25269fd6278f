"""Reading everything in memory, and putting right what is derived."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from cutout.domain.accounts import Account
from cutout.domain.ledger import Fact, LedgerEntry, TopUp
from cutout.domain.reconcile import Books, Drift, PurseDrift
from cutout.domain.tasks import TaskKey
from tests.fakes.stores import MemoryDatabase


@dataclass(frozen=True, slots=True)
class MemoryLedger:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)

    def entries(self, account_id: str, month: str) -> Iterable[LedgerEntry]:
        own = (entry for entry in self.database.charges.values() if (entry.account_id, entry.month) == (account_id, month))
        return sorted(own, key=lambda entry: (entry.accepted_ms, str(entry.charge.key.task_uuid)))


@dataclass(frozen=True, slots=True)
class MemoryAuditor:
    database: MemoryDatabase = field(default_factory=MemoryDatabase)

    def books(self, account: Account) -> Books:
        with self.database.lock:
            purses = {name: purse for (owner, name), purse in self.database.purses.items() if owner == account.account_id}
            usage = {(day, shard): used for (owner, day, shard), used in self.database.usage.items() if owner == account.account_id}
            return Books(account, purses, usage)

    def facts(self) -> Iterable[Fact]:
        with self.database.lock:
            top_ups = [TopUp(account_id, amount) for (account_id, _), amount in self.database.top_ups.items()]
            return [*top_ups, *self.database.charges.values(), *self.database.tasks.values()]

    def repair(self, drift: Drift) -> bool:
        with self.database.lock:
            if isinstance(drift, PurseDrift):
                name = (drift.account_id, drift.due.name)
                if self.database.purses.get(name) != drift.kept:
                    return False
                self.database.purses[name] = drift.due.next_version()
                return True
            shard = (drift.account_id, *drift.shard)
            if self.database.usage.get(shard) != drift.kept:
                return False
            self.database.usage[shard] = drift.due
            return True

    def is_charged(self, key: TaskKey) -> bool:
        return key in self.database.charges
