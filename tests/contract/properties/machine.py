"""A state machine over the whole service and its stores, in which everything goes wrong that can.

Invariants, after every rule: the books agree with the facts, a task is done exactly if it is charged, everybody was told the price
that is in the ledger, and no prepaid cent was spent twice. At the end, when nothing goes wrong any more, every task that can be done
is, once, and what was reported adds up to the ledger.
"""

import io
from collections import defaultdict, deque
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from itertools import count
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from PIL import Image as PillowImage

from cutout.domain.accounts import Account
from cutout.domain.errors import CutoutError, ServiceUnavailable
from cutout.domain.ledger import KeptTask, LedgerEntry
from cutout.domain.money import Micros
from cutout.domain.prices import WayIn, load_price_book, tariff
from cutout.domain.purse import PREPAID
from cutout.domain.removal import InputLimits
from cutout.domain.tasks import InlineImage, TaskKey, TaskRecord, TaskStatus, UploadTask
from cutout.domain.usage import Usage
from cutout.service.acceptance import Acceptance
from cutout.service.accounts import Accounts
from cutout.service.desk import TaskDesk
from cutout.service.inputs import Inputs
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.perform import Performer
from cutout.service.queries import Queries
from cutout.service.queued import QueuedTasks
from cutout.service.reconcile import ABANDONED_AFTER_MS, reconcile
from cutout.service.removal import Removals
from cutout.service.respond import Responses
from cutout.service.storage import Storage
from cutout.service.tell import Teller
from cutout.service.uploads import Uploads
from cutout.wire.jobs import job_of, job_text
from tests.contract.builders import NOON
from tests.contract.properties.script import (
    ACCOUNTS,
    HOUR,
    TASKS,
    BrokenConnection,
    ClockStep,
    Delivery,
    Event,
    Failure,
    Interrupted,
    QueueDelivery,
    Reconciliation,
    Repetition,
    Watched,
    Work,
    clock_steps,
    deliveries,
    queue_deliveries,
    scripts,
)
from tests.contract.worlds import World, fake_world
from tests.fakes.world import LeftHalfEngine, Pushed, QueueInMemory, WebOfOne

LEASE_MS = 60_000
MOST_AT_ONCE = 4
BROKEN_TASK = TASKS - 1
"""Its image can't be read: it fails by the client's fault, and is never charged."""

amounts = st.integers(1, 600).map(Micros)
limits = st.one_of(st.none(), st.integers(0, 1200).map(Micros))


class Killed(BaseException):
    """Not an Exception: no handler runs in a process that is gone."""


def _picture() -> bytes:
    file = io.BytesIO()
    PillowImage.new("RGB", (8, 6), (200, 30, 30)).save(file, "PNG")
    return file.getvalue()


PICTURE = _picture()


def _unreported(_: CutoutError) -> None:
    """Faults of ours are what this is about."""


class ExactlyOnce(RuleBasedStateMachine):
    """On the fakes; subclasses open other worlds."""

    def __init__(self) -> None:
        super().__init__()
        self.world: World = self.open_world()
        self.now_ms = NOON
        self.latest_ms = NOON
        self.monotonic_s = 0.0
        self.script: deque[Event] = deque()
        self.numbers = count(1)
        self.told: dict[TaskKey, set[int]] = defaultdict(set)
        self.sent: set[Delivery] = set()
        self.accounts: list[Account] = []
        self.limit_was_lowered = False
        self.tokens: dict[TaskKey, int] = {}
        self.acceptances: list[Acceptance] = []
        self.services = [self._service(reserve_ms) for reserve_ms in (3000, 1000)]
        self.at_hand: list[Delivery] = []

    def open_world(self) -> World:
        return fake_world()

    def _service(self, reserve_ms: int) -> QueuedTasks:
        """All of it: `performer` does tasks at once, `acceptance` takes them on for the queue, whose worker it is itself."""
        objects = Interrupted(self.world.objects, self.script, self._happen)
        images = Interrupted(self.world.images, self.script, self._happen)
        desk = TaskDesk(
            tasks=Interrupted(Watched(self.world.tasks, self.tokens), self.script, self._happen),  # type: ignore[arg-type]
            tariff=tariff(load_price_book(), region="us-east-1", architecture="x86_64", memory_mib=1769),
            markup=Decimal("1.1"),
            clock=lambda: self.now_ms,
            new_uuid=self._uuid,
            lease_ms=LEASE_MS,
            reserve_ms=reserve_ms,
        )
        inputs = Inputs(images, objects, WebOfOne(), InputLimits(), self._uuid)  # type: ignore[arg-type]
        responses = Responses(desk.tasks, objects, desk.clock, InputLimits().max_bytes)  # type: ignore[arg-type]
        performer = Performer(
            Removals(desk, inputs, objects, LeftHalfEngine(), turn=nullcontext()),  # type: ignore[arg-type]
            Uploads(desk, inputs, objects),  # type: ignore[arg-type]
            Storage(desk, images, objects),  # type: ignore[arg-type]
            responses,
        )
        queries = Queries(responses, Accounts(self.world.book, desk.clock))  # type: ignore[arg-type]
        queue = Interrupted(QueueInMemory(), self.script, self._happen)
        self.acceptances.append(
            Acceptance(desk, queue, objects, WebOfOne(), queries, Pushed(), job_text, _unreported, lease_ms=LEASE_MS)  # type: ignore[arg-type]
        )
        teller = Teller(QueueInMemory(), Pushed(), lambda _: b"{}")
        return QueuedTasks(performer, self.world.accounts, teller, job_of, _unreported, 6_000_000)

    def _uuid(self) -> UUID:
        return UUID(int=next(self.numbers), version=4)

    # What happens around a call

    def _happen(self, event: Event) -> None:
        match event:
            case Failure(kill):
                raise Killed if kill else ServiceUnavailable("Injected.")
            case BrokenConnection(when) if self.world.client:
                self.world.client.faults.append(when)
            case ClockStep(by_ms):
                self._step(by_ms)
            case Work(seconds):
                self.monotonic_s += seconds
            case Delivery():
                self._deliver(event)
            case QueueDelivery():
                self._work(event)
            case Repetition(after_lease):
                self._step(LEASE_MS if after_lease else 0)
                self._deliver(self.at_hand[-1])
            case Reconciliation(late):
                self._reconcile(late=late)

    def _step(self, by_ms: int) -> None:
        self.now_ms = max(HOUR, self.now_ms + by_ms)
        self.latest_ms = max(self.latest_ms, self.now_ms)

    def _deliver(self, delivery: Delivery) -> TaskRecord | None:
        """What the client learns of its task; None: an error, or the worker was killed."""
        if len(self.at_hand) == MOST_AT_ONCE:
            return None
        self.sent.add(delivery)
        content = b"no picture" if delivery.task == BROKEN_TASK else PICTURE
        task_uuid = UUID(int=0xC0FFEE00 + delivery.task, version=4)
        task = UploadTask("imageUpload", task_uuid, "other" if delivery.changed else "hash", InlineImage(content))
        account = self.accounts[delivery.account]
        invocation = Invocation(1, lambda: self.monotonic_s, self.monotonic_s + 25, AnswerRoom(6_000_000))
        self.at_hand.append(delivery)
        try:
            if delivery.later:
                record = self.acceptances[delivery.release].accept(task, account, invocation).record
            else:
                record = self.services[delivery.release].performer.perform(task, account, invocation).record
        except (CutoutError, Killed):
            return None
        finally:
            self.at_hand.pop()
        if record.status is TaskStatus.DONE:
            assert record.price is not None
            self.told[record.key].add(record.price)
        return record

    def _work(self, delivery: QueueDelivery) -> None:
        if len(self.at_hand) == MOST_AT_ONCE:
            return
        key = TaskKey(self.accounts[delivery.account].account_id, UUID(int=0xC0FFEE00 + delivery.task, version=4))
        invocation = Invocation(1, lambda: self.monotonic_s, self.monotonic_s + 25, AnswerRoom(0), WayIn.QUEUE)
        self.at_hand.append(Delivery(delivery.account, delivery.task, release=delivery.release, later=True))
        try:
            self.services[delivery.release].work(key, invocation, last=delivery.last)
        except Killed:
            return
        finally:
            self.at_hand.pop()

    def _reconcile(self, *, late: bool = False) -> None:
        if late:
            self._step(LEASE_MS + ABANDONED_AFTER_MS + 1)
        found = reconcile(self.accounts, self.world.auditor, Watched(self.world.tasks, self.tokens), self.now_ms, repair=True)  # type: ignore[arg-type]
        assert not found.drifts

    # Rules

    @initialize(prepaid=st.booleans(), limit=limits, balance=amounts)
    def open_accounts(self, prepaid: bool, limit: Micros | None, balance: Micros) -> None:  # noqa: FBT001
        self.accounts = [Account("one", "One", prepaid=prepaid, monthly_limit=limit), Account("two", "Two")]
        for account in self.accounts:
            self.world.book.create(account)
        self.world.book.top_up("one", balance, "first", self.now_ms)

    @rule(delivery=deliveries, script=scripts)
    def deliver(self, delivery: Delivery, script: list[Event]) -> None:
        self.script.extend(script)
        self._deliver(delivery)
        self.script.clear()
        if self.world.client:
            self.world.client.faults.clear()

    @rule(delivery=queue_deliveries, script=scripts)
    def deliver_by_the_queue(self, delivery: QueueDelivery, script: list[Event]) -> None:
        self.script.extend(script)
        self._work(delivery)
        self.script.clear()
        if self.world.client:
            self.world.client.faults.clear()

    @rule(by_ms=clock_steps)
    def step_the_clock(self, by_ms: int) -> None:
        self._step(by_ms)

    @rule(reference=st.integers(0, 9))
    def top_up(self, reference: int) -> None:
        self.world.book.top_up("one", Micros(100 + reference), f"reference {reference}", self.now_ms)

    @rule(prepaid=st.booleans(), limit=limits)
    def change_terms(self, prepaid: bool, limit: Micros | None) -> None:  # noqa: FBT001
        old = self.accounts[0]
        self.limit_was_lowered |= limit is not None and (old.monthly_limit is None or limit < old.monthly_limit)
        self.accounts[0] = replace(old, prepaid=prepaid, monthly_limit=limit)
        self.world.book.change(self.accounts[0], self.now_ms)

    @rule()
    def reconcile_and_repair(self) -> None:
        self._reconcile()

    # Invariants

    @invariant()
    def the_books_agree_with_the_facts(self) -> None:
        found = reconcile(self.accounts, self.world.auditor, self.world.tasks, self.now_ms, repair=False)
        assert not found.drifts
        assert not found.in_motion

    @invariant()
    def money_adds_up(self) -> None:
        for account in self.accounts:
            for purse in self.world.book.purses(account.account_id):
                assert purse.available + purse.reserved + purse.spent == purse.deposited
                assert purse.reserved >= 0
                assert purse.available >= 0 or (purse.name != PREPAID and self.limit_was_lowered)

    @invariant()
    def a_task_is_done_exactly_if_it_is_charged(self) -> None:
        tasks, entries = self._facts()
        assert {key for key, task in tasks.items() if task.record.status is TaskStatus.DONE} == set(entries)
        assert all(tasks[key].record.price == entry.charge.price for key, entry in entries.items())
        assert all(key.task_uuid.int & 0xFF != BROKEN_TASK for key in entries)

    @invariant()
    def only_the_last_worker_to_take_a_task_has_a_say_in_it(self) -> None:
        tasks, _ = self._facts()
        assert {key: task.record.token for key, task in tasks.items()} == self.tokens

    @invariant()
    def everybody_was_told_the_price_in_the_ledger(self) -> None:
        _, entries = self._facts()
        assert all(prices == {entries[key].charge.price} for key, prices in self.told.items())

    def teardown(self) -> None:
        """Nothing goes wrong any more, and money is no object: what is left undone gets done."""
        if not self.accounts:
            return
        self._step(self.latest_ms - self.now_ms + LEASE_MS + 1)
        self.change_terms(prepaid=False, limit=None)
        for delivery in sorted(
            {replace(sent, changed=False, release=0, later=False) for sent in self.sent}, key=lambda sent: (sent.account, sent.task)
        ):
            records = [self._deliver(replace(delivery, changed=changed)) for changed in (False, True)]
            done = [record for record in records if record and record.status is TaskStatus.DONE]
            # One of the two requests had the taskUUID first; the other is a conflict for ever.
            assert len(done) == (0 if delivery.task == BROKEN_TASK else 1)
        tasks, entries = self._facts()
        charged = [task for task in tasks.values() if task.record.status is TaskStatus.DONE]
        reported = sum(price for prices in self.told.values() for price in prices)
        assert len(charged) == len(entries) == len(self.told)
        assert reported == sum(entry.charge.price for entry in entries.values()) == self._counted().price
        assert not any(purse.reserved for purse in self.world.book.purses("one"))

    def _facts(self) -> tuple[dict[TaskKey, KeptTask], dict[TaskKey, LedgerEntry]]:
        facts = list(self.world.auditor.facts())
        entries = [fact for fact in facts if isinstance(fact, LedgerEntry)]
        by_key = {entry.charge.key: entry for entry in entries}
        assert len(by_key) == len(entries)
        return {fact.record.key: fact for fact in facts if isinstance(fact, KeptTask)}, by_key

    def _counted(self) -> Usage:
        days: Iterable[Usage] = (
            day
            for index in range(ACCOUNTS)
            for day in self.world.book.usage(self.accounts[index].account_id, "1970-01-01", "2999-12-31").values()
        )
        return sum(days, Usage())
