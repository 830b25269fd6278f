"""The desk every task passes: claimed by one worker, done, charged once, however often it is delivered.

Dying at any line of `TaskDesk.run` leaves either an open record, which the next delivery takes over when its lease has run out, or a
committed one, which the next delivery answers from. The charge and the end of the task are one transaction.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NoReturn
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.charges import Charge, CostLine
from cutout.domain.errors import CutoutError, InternalServerError, OurFault, ServiceUnavailable, TaskTimeout, as_cutout_error
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.domain.money import Micros, to_micros
from cutout.domain.prices import Tariff, WayIn, billed
from cutout.domain.remembered import remember
from cutout.domain.tasks import Answer, RecordedTask, RemovalTask, TaskKey, TaskRecord, TaskStatus, on_repeat, requeued, taken_over
from cutout.service.invocation import Invocation
from cutout.service.ports import Clock, StaleToken, TaskStore


@dataclass(frozen=True, slots=True)
class Finished:
    """What the work on a task came to.

    `store` puts the result in its place, with its price on it, where it isn't there yet. It runs once the price is known, so its use
    of the object store must be in the meter beforehand, and its time is foretold: `store_ms`.
    """

    image: StoredImage | None
    input_image_uuid: UUID | None = None
    model: str | None = None
    store: Callable[[Micros], None] | None = None
    store_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Queued:
    """A task that comes from the queue: its record as it was found. `last`: it won't be delivered again if it fails now. `elsewhere`:
    what its way here has cost.
    """

    record: TaskRecord
    last: bool
    elsewhere: tuple[CostLine, ...] = ()


Work = Callable[[UUID, Meter], Finished]
"""Does a task: gets the UUID of the image it is to make, counts what it uses. Safe to do twice: same UUID, same object."""


@dataclass(frozen=True, slots=True)
class TaskDesk:
    """`lease_ms` outlives the function's own time-out, so that a live worker is never robbed of its task. `reserve_ms` is the function
    time for which money is set aside on acceptance.
    """

    tasks: TaskStore
    tariff: Tariff
    markup: Decimal
    clock: Clock
    new_uuid: Callable[[], UUID]
    lease_ms: int
    reserve_ms: int

    def run(
        self,
        task: RecordedTask,
        account: Account,
        invocation: Invocation,
        work: Work,
        so_far: Meter | None = None,
        queued: Queued | None = None,
    ) -> TaskRecord:
        """The task's record after this delivery: done, or still at work elsewhere, or failed earlier.

        `so_far` has what was used before the task came to the desk.

        Raises:
            CutoutError: the task can't be accepted, or failed now. Nothing was charged.
            TaskTimeout: time is up. Where the invocation hands removals over, the claim is still held: `Invocation.claims` has it.
        """
        meter = so_far or Meter(elsewhere=queued.elsewhere if queued else ())
        with invocation.time.share() as so_far_ms:
            invocation.check_deadline()
            claim = self._resume(queued.record, account, meter) if queued else self._claim(task, account, invocation.way_in, meter)
            if isinstance(claim, Answer):
                return claim.record
            invocation.claims[task.task_uuid] = claim
            try:
                finished = work(claim.image_uuid, meter)
                return self._commit(claim, finished, account, invocation, meter, so_far_ms)
            except StaleToken:
                return self.present(claim.key, meter)
            except Exception as error:
                if not (isinstance(error, TaskTimeout) and isinstance(task, RemovalTask) and invocation.hands_over):
                    self._give_up(claim, as_cutout_error(error), account, queued, meter)
                raise

    def abandon(self, queued: Queued, account: Account) -> NoReturn:
        """End a task whose workers die of it, so that whoever waits for it need not.

        Raises:
            InternalServerError: always.
        """
        error = InternalServerError("The task ended every worker that tried it. Nothing was charged.")
        meter = Meter()
        claim = self._resume(queued.record, account, meter)
        if not isinstance(claim, Answer):
            self._fail(claim, error, account, meter)
        raise error

    def estimate(self, way_in: WayIn) -> Micros:
        """Money set aside on acceptance: `reserve_ms` of the function and a request of its own."""
        lines = (self.tariff.compute(self.reserve_ms), *self.tariff.request_share(1, way_in))
        return to_micros(sum((line.dollars for line in lines), Decimal(0)) * self.markup)

    def present(self, key: TaskKey, meter: Meter) -> TaskRecord:
        """What somebody else has made of the task by now."""
        record = self.tasks.find(key, meter)
        if record is None:
            raise ServiceUnavailable("The task's state is changing; send the same task again in a moment.")
        return record

    def _claim(self, task: RecordedTask, account: Account, way_in: WayIn, meter: Meter) -> TaskRecord | Answer:
        now_ms = self.clock()
        fresh = TaskRecord(
            key=TaskKey(account.account_id, task.task_uuid),
            task_type=task.task_type,
            request_hash=task.request_hash,
            image_uuid=self.new_uuid(),
            status=TaskStatus.PROCESSING,
            token=1,
            lease_until_ms=now_ms + self.lease_ms,
            created_ms=now_ms,
            reserved=self.estimate(way_in),
            asked=task.asked,
        )
        existing = self.tasks.create(fresh, account, meter)
        if existing is None:
            return fresh
        step = on_repeat(existing, task.request_hash, now_ms)
        if isinstance(step, Answer):
            return step
        mine = taken_over(step.record, lease_until_ms=fresh.lease_until_ms, reserved=fresh.reserved)
        if self.tasks.take_over(step.record, mine, account, meter):
            return mine
        return Answer(self.present(fresh.key, meter))

    def _resume(self, record: TaskRecord, account: Account, meter: Meter) -> TaskRecord | Answer:
        """Take a task from the queue into our hands, if nobody else has."""
        meter.dynamodb_writes += self.tasks.create_units(record, account)
        mine = taken_over(record, lease_until_ms=self.clock() + self.lease_ms, reserved=record.reserved)
        return mine if self.tasks.take_over(record, mine, account, meter) else Answer(self.present(record.key, meter))

    def _commit(
        self,
        claim: TaskRecord,
        finished: Finished,
        account: Account,
        invocation: Invocation,
        meter: Meter,
        so_far_ms: Callable[[], float],
    ) -> TaskRecord:
        done = replace(
            claim, status=TaskStatus.DONE, image=finished.image, input_image_uuid=finished.input_image_uuid, lease_until_ms=0
        )
        meter.dynamodb_writes += self.tasks.commit_units(done, account)
        billed_ms = billed(so_far_ms() + finished.store_ms)
        charge = Charge(
            key=claim.key,
            task_type=claim.task_type,
            at_ms=self.clock(),
            model=finished.model,
            megapixels=finished.image.megapixels if finished.image else Decimal(0),
            billed_ms=billed_ms,
            stage_ms={name: round(milliseconds) for name, milliseconds in meter.stage_ms.items()},
            lines=(
                self.tariff.compute(billed_ms),
                *self.tariff.request_share(invocation.tasks, invocation.way_in),
                *self.tariff.metered(meter),
            ),
            markup=self.markup,
            price_book=self.tariff.version,
        )
        if finished.store:
            finished.store(charge.price)
        entered = self.tasks.commit(replace(done, price=charge.price), charge, account, Meter())
        return replace(done, price=entered.price)

    def _give_up(self, claim: TaskRecord, error: CutoutError, account: Account, queued: Queued | None, meter: Meter) -> None:
        if queued and not queued.last and isinstance(error, OurFault):
            again = requeued(claim, lease_until_ms=self.clock() + self.lease_ms)
            with suppress(ServiceUnavailable):
                self.tasks.take_over(claim, again, account, meter)
            return
        self._fail(claim, error, account, meter)

    def _fail(self, claim: TaskRecord, error: CutoutError, account: Account, meter: Meter) -> None:
        failed = replace(claim, status=TaskStatus.FAILED, error=remember(error), lease_until_ms=0)
        # Somebody else has the task, or the store is away: the lease's end settles it. The error that led here is the one to report.
        with suppress(StaleToken, ServiceUnavailable):
            self.tasks.fail(failed, account, meter)
