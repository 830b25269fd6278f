"""Reconciling: every purse and counter computed anew from the ledger and the open tasks, compared, and repaired.

It runs beside live traffic. The books are read first, then the facts, then the books again: what changed between is said to be in
motion, and left alone. A repair is made only if its subject is still as it was read, so that no task's money can fall between.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from cutout.domain.accounts import Account
from cutout.domain.errors import TaskTimeout
from cutout.domain.ledger import Fact, KeptTask
from cutout.domain.metering import Meter
from cutout.domain.reconcile import Books, Drift, PurseDrift, Tally, drifts
from cutout.domain.remembered import remember
from cutout.domain.tasks import TaskKey, TaskRecord, TaskStatus, taken_over
from cutout.service.ports import StaleToken, TaskStore

ABANDONED_AFTER_MS: Final = 60 * 60 * 1000
"""How long after the end of its lease a task is given up. Whoever wanted it has stopped repeating it by then."""

MESSAGE_LIFE_MS: Final = 14 * 24 * 60 * 60 * 1000
"""After which no queue has a task's message any more (template.yaml: MessageRetentionPeriod)."""


class Auditor(Protocol):
    """Reads everything, strongly consistent, and puts right what is derived."""

    def books(self, account: Account) -> Books:
        """The account's derived data as it is now."""
        ...

    def facts(self) -> Iterable[Fact]:
        """Every top-up, charge and task of every account, each once, in no order."""
        ...

    def repair(self, drift: Drift) -> bool:
        """Puts what is due in place of what was kept. False: it isn't as it was kept any more; nothing was changed."""
        ...

    def is_charged(self, key: TaskKey) -> bool: ...


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What was found. `repaired` and `released` are empty where nothing was to be changed."""

    charges: int
    drifts: tuple[Drift, ...]
    in_motion: int
    repaired: tuple[Drift, ...]
    abandoned: tuple[KeptTask, ...]
    released: tuple[KeptTask, ...]
    done_but_not_charged: tuple[TaskKey, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing was found that is still so."""
        mended = len(self.repaired) == len(self.drifts) and len(self.released) == len(self.abandoned)
        return mended and not self.done_but_not_charged


def reconcile(accounts: Iterable[Account], auditor: Auditor, tasks: TaskStore, now_ms: int, *, repair: bool) -> Reconciliation:
    """Compare these accounts' books with the facts; with `repair`, put them right and release what abandoned tasks hold."""
    before = {account.account_id: auditor.books(account) for account in accounts}
    tally = Tally()
    for fact in auditor.facts():
        if fact.account_id in before:
            tally.add(fact)
    suspects = [drift for books in before.values() for drift in drifts(books, tally)]
    after = {name: auditor.books(before[name].account) for name in {drift.account_id for drift in suspects}}
    found = [drift for drift in suspects if _kept(after[drift.account_id], drift) == drift.kept]
    abandoned = [task for task in tally.open_tasks if _is_abandoned(task.record, now_ms)]
    return Reconciliation(
        charges=len(tally.charged),
        drifts=tuple(found),
        in_motion=len(suspects) - len(found),
        repaired=tuple(drift for drift in found if repair and auditor.repair(drift)),
        abandoned=tuple(abandoned),
        released=tuple(task for task in abandoned if repair and _release(task, before, tasks)),
        # A task that was done while the facts were read may have been met after its charge's place was passed.
        done_but_not_charged=tuple(key for key in tally.done_but_not_charged() if not auditor.is_charged(key)),
    )


def _kept(books: Books, drift: Drift) -> object:
    if isinstance(drift, PurseDrift):
        return books.purses.get(drift.due.name)
    return books.usage.get(drift.shard)


def _is_abandoned(record: TaskRecord, now_ms: int) -> bool:
    """Nobody will finish it: its worker's lease is long over, or its message, if it went through the queue."""
    ended_ms = record.created_ms + MESSAGE_LIFE_MS if record.job else record.lease_until_ms
    return ended_ms + ABANDONED_AFTER_MS < now_ms


def _release(task: KeptTask, books: Mapping[str, Books], tasks: TaskStore) -> bool:
    """The task ends as failed by our fault: under the same taskUUID it may still run."""
    error = TaskTimeout("The task was begun and never finished. Nothing was charged; send it again.")
    account, record = books[task.account_id].account, task.record
    if record.status is TaskStatus.QUEUED:
        record = taken_over(record, lease_until_ms=record.lease_until_ms, reserved=record.reserved)
        if not tasks.take_over(task.record, record, account, Meter()):
            return False
    try:
        tasks.fail(replace(record, status=TaskStatus.FAILED, error=remember(error)), account, Meter())
    except StaleToken:
        return False
    return True
