"""Taking tasks on for later: recorded first, then sent to the queue, then acknowledged.

Dying between the record and the queue leaves a queued record whose lease runs out; the task's repetition, or a `getResponse`, then sends it
again. A message that is sent twice finds the task done and does nothing.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.charges import CostLine
from cutout.domain.errors import CutoutError, OurFault, ServiceUnavailable, as_cutout_error
from cutout.domain.images import pending_key
from cutout.domain.metering import Meter
from cutout.domain.prices import billed
from cutout.domain.tasks import (
    AccountTask,
    Answer,
    InlineImage,
    KeptInput,
    RecordedTask,
    RemovalTask,
    ResponseTask,
    Task,
    TaskKey,
    TaskRecord,
    TaskStatus,
    Tell,
    UploadTask,
    on_repeat,
    requeued,
)
from cutout.service.desk import TaskDesk
from cutout.service.invocation import Invocation
from cutout.service.outcomes import Accepted, Completed, Outcome, Rejected
from cutout.service.ports import ObjectStore, Sessions, TaskQueue, Web
from cutout.service.queries import Queries
from cutout.service.repeats import refuse_repeats


@dataclass(frozen=True, slots=True)
class Job:
    """What the worker that the queue leads to a task needs to know: the task, and what it has cost so far."""

    task: RecordedTask
    elsewhere: tuple[CostLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """`lease_ms`: how long a task may lie in the queue before somebody who asks for it has it sent again."""

    desk: TaskDesk
    queue: TaskQueue
    objects: ObjectStore
    web: Web
    queries: Queries
    sessions: Sessions
    write: Callable[[Job], str]
    report: Callable[[CutoutError], None]
    lease_ms: int = 15 * 60 * 1000

    def submit(
        self, requests: Sequence[Task | Rejected], account: Account, invocation: Invocation, session: UUID | None
    ) -> list[Outcome]:
        """For a way in that does nothing itself: every recorded task goes to the queue, the others are answered."""
        return [self._outcome(request, account, invocation, session) for request in refuse_repeats(requests)]

    def _outcome(self, request: Task | Rejected, account: Account, invocation: Invocation, session: UUID | None) -> Outcome:
        if isinstance(request, Rejected):
            return request
        try:
            if isinstance(request, ResponseTask | AccountTask):
                return self.answer(request, account, invocation)
            return self.accept(request, account, invocation, session)
        except Exception as fault:  # noqa: BLE001 (siblings go on; what isn't the client's doing is reported with its cause)
            error = as_cutout_error(fault)
            if isinstance(error, OurFault):
                self.report(error)
            return Rejected(error, request.task_type, str(request.task_uuid))

    def answer(self, task: ResponseTask | AccountTask, account: Account, invocation: Invocation) -> Outcome:
        """Tell what was asked. A queued task that nobody has taken up for long is sent to the queue again.

        Raises:
            CutoutError: as `Queries.answer`.
        """
        outcome = self.queries.answer(task, account, invocation.room)
        if isinstance(outcome, Completed) and outcome.record.status is TaskStatus.QUEUED and self._lapsed(outcome.record):
            again = requeued(outcome.record, lease_until_ms=self._lease_end())
            if self.desk.tasks.take_over(outcome.record, again, account, Meter()):
                self._send(again, account)
        return outcome

    def accept(
        self, task: RecordedTask, account: Account, invocation: Invocation, session: UUID | None = None
    ) -> Accepted | Completed:
        """Record the task and send it to the queue; or tell what is known of it.

        Raises:
            CutoutError: it can't be accepted; nothing was charged.
        """
        with invocation.time.share() as so_far_ms:
            if isinstance(task, RemovalTask) and task.webhook_url:
                self.web.check(task.webhook_url, deadline=invocation.deadline, parameter="webhookURL")
            meter = Meter()
            aside, content = self._set_aside(task, account)
            fresh = TaskRecord(
                key=TaskKey(account.account_id, task.task_uuid),
                task_type=task.task_type,
                request_hash=task.request_hash,
                image_uuid=self.desk.new_uuid(),
                status=TaskStatus.QUEUED,
                token=1,
                lease_until_ms=self._lease_end(),
                created_ms=self.desk.clock(),
                reserved=self.desk.estimate(invocation.way_in),
                asked=task.asked,
                tell=_tell(task, session),
                job=self.write(Job(aside, self._costs(invocation, so_far_ms(), content))),
            )
            existing = self.desk.tasks.create(fresh, account, meter)
            if existing is None:
                return self._to_queue(fresh, account, aside, content)
            step = on_repeat(existing, task.request_hash, self.desk.clock())
            if isinstance(step, Answer):
                return self._already(step.record, fresh.tell, invocation)
            again = replace(
                requeued(step.record, lease_until_ms=fresh.lease_until_ms, job=fresh.job, tell=fresh.tell), reserved=fresh.reserved
            )
            if self.desk.tasks.take_over(step.record, again, account, meter):
                return self._to_queue(again, account, aside, content)
            return self.queries.responses.completed(self.desk.present(fresh.key, meter), invocation.room)

    def hand_over(self, task: RemovalTask, account: Account, invocation: Invocation) -> Accepted | Completed:
        """Let the queue go on with a task that can't be finished in time. Whoever is still at work on it here works in vain.

        Raises:
            CutoutError: it can't be accepted; nothing was charged.
        """
        claim = invocation.claims.get(task.task_uuid)
        if claim is None:
            return self.accept(task, account, invocation)
        aside, content = self._set_aside(task, account)
        job = self.write(Job(aside, self._costs(invocation, 0.0, content)))
        queued = requeued(claim, lease_until_ms=self._lease_end(), job=job, tell=_tell(task, None))
        if self.desk.tasks.take_over(claim, queued, account, Meter()):
            return self._to_queue(queued, account, aside, content)
        return self.queries.responses.completed(self.desk.present(claim.key, Meter()), invocation.room)

    def _to_queue(self, record: TaskRecord, account: Account, aside: RecordedTask, content: bytes | None) -> Accepted:
        if content is not None and isinstance(aside, RemovalTask | UploadTask) and isinstance(aside.source, KeptInput):
            self.objects.put(aside.source.object_key, content, "application/octet-stream", {}, Meter())
        self._send(record, account)
        return Accepted(record, announced=record.tell.session is None)

    def _already(self, record: TaskRecord, tell: Tell, invocation: Invocation) -> Accepted | Completed:
        """Who asks over a WebSocket again, on a new connection, waits there for what was promised on the old one."""
        if record.is_open and record.tell.session and tell.session:
            self.sessions.redirect(record.tell.session, tell.session)
            return Accepted(record, announced=False)
        return self.queries.responses.completed(record, invocation.room)

    def _send(self, record: TaskRecord, account: Account) -> None:
        try:
            self.queue.send(record.key)
        except ServiceUnavailable:
            # The client will send the task again, which must not find it under way.
            with suppress(ServiceUnavailable):
                self.desk.tasks.take_over(record, requeued(record, lease_until_ms=0), account, Meter())
            raise

    def _set_aside(self, task: RecordedTask, account: Account) -> tuple[RecordedTask, bytes | None]:
        """The task as it goes into its record, and the image that came with it, which is too large for that."""
        if not (isinstance(task, RemovalTask | UploadTask) and isinstance(task.source, InlineImage)):
            return task, None
        image_uuid = self.desk.new_uuid()
        kept = KeptInput(pending_key(account.account_id, image_uuid), image_uuid)
        return replace(task, source=kept), task.source.content

    def _costs(self, invocation: Invocation, milliseconds: float, content: bytes | None) -> tuple[CostLine, ...]:
        """What acceptance itself takes: its share of this request, of the function's time, and putting the image aside."""
        return (
            self.desk.tariff.compute(billed(milliseconds)),
            *self.desk.tariff.request_share(invocation.tasks, invocation.way_in),
            *self.desk.tariff.metered(Meter(s3_puts=0 if content is None else 1)),
        )

    def _lapsed(self, record: TaskRecord) -> bool:
        return record.lease_until_ms <= self.desk.clock()

    def _lease_end(self) -> int:
        return self.desk.clock() + self.lease_ms


def _tell(task: RecordedTask, session: UUID | None) -> Tell:
    """An asynchronous task's client asks for the result, or has a webhook: a frame that nobody waits for would only be taken amiss."""
    if isinstance(task, RemovalTask):
        return Tell(task.webhook_url, None if task.asynchronous else session)
    return Tell(session=session)
