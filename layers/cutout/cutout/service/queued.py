"""Doing the tasks that the queue leads to: whatever happens, a task ends done, failed, or in the queue again."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from cutout.domain.errors import CutoutError, OurFault, RequestError, ServiceUnavailable, as_cutout_error
from cutout.domain.metering import Meter
from cutout.domain.tasks import KeptInput, RecordedTask, RemovalTask, TaskKey, TaskRecord, TaskStatus, UploadTask
from cutout.service.acceptance import Job
from cutout.service.desk import Queued, TaskDesk
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.outcomes import Completed, Rejected
from cutout.service.perform import Performer
from cutout.service.ports import AccountStore
from cutout.service.sockets import FrameRoom
from cutout.service.tell import Teller


@dataclass(frozen=True, slots=True)
class QueuedTasks:
    """`answer_bytes`: room for a result that travels inline in the answer of a `getResponse` by HTTP."""

    performer: Performer
    accounts: AccountStore
    teller: Teller
    read: Callable[[str], Job]
    report: Callable[[CutoutError], None]
    answer_bytes: int

    def work(self, key: TaskKey, invocation: Invocation, *, last: bool) -> bool:
        """Do the task if it is still to be done, and tell whoever waits for it. `last`: it won't be delivered again.

        Returns whether the message has served its purpose; otherwise it should come again. Never raises.
        """
        try:
            return self._work(key, invocation, last=last)
        except Exception as fault:  # noqa: BLE001 (the other messages go on; this one comes again)
            self.report(as_cutout_error(fault))
            return False

    def _work(self, key: TaskKey, invocation: Invocation, *, last: bool) -> bool:
        record = self._desk.tasks.find(key, Meter())
        if record is None:
            return True
        if record.status is TaskStatus.PROCESSING and record.lease_until_ms > self._desk.clock():
            return False
        if record.is_open or record.failed_by_us:
            return self._do(record, invocation, last=last)
        self._tell(record, again=True)
        return True

    def _do(self, record: TaskRecord, invocation: Invocation, *, last: bool) -> bool:
        if record.job is None:
            # A synchronous worker has it, or had: its client knows.
            return True
        account = self.accounts.find_active(record.key.account_id)
        if account is None:
            # Suspended since. The dead-letter queue keeps the task for the day when it isn't.
            return False
        job = self.read(record.job)
        queued = Queued(record, last, job.elsewhere)
        try:
            if last and record.status is TaskStatus.PROCESSING:
                self._desk.abandon(queued, account)
            completed = self.performer.perform(job.task, account, replace(invocation, room=self._room(record)), queued)
        except Exception as fault:  # noqa: BLE001 (each becomes an answer)
            return self._failed(record.key, job.task, as_cutout_error(fault))
        if completed.record.is_open:
            return False
        self.teller.tell(completed.record, completed)
        self._tidy(job.task)
        return True

    def _failed(self, key: TaskKey, task: RecordedTask, error: CutoutError) -> bool:
        """What is final is told. A fault of ours then leaves the message to the dead-letter queue, for somebody to look into."""
        if isinstance(error, OurFault):
            self.report(error)
        record = self._desk.tasks.find(key, Meter())
        if record is None or record.is_open:
            return False
        self._tell(record)
        if record.failed_by_us:
            return False
        self._tidy(task)
        return True

    def _tell(self, record: TaskRecord, *, again: bool = False) -> None:
        """`again`: the task had ended before this delivery. A client may take an error that it has had for one of its other tasks."""
        if again and record.status is TaskStatus.FAILED:
            record = replace(record, tell=replace(record.tell, session=None))
        outcome: Completed | Rejected
        try:
            outcome = self.performer.responses.completed(record, self._room(record))
        except RequestError as error:
            outcome = Rejected(error, record.task_type, str(record.key.task_uuid))
        self.teller.tell(record, outcome)

    def _tidy(self, task: RecordedTask) -> None:
        """The image that was put aside for the task is needed no more. The bucket's lifecycle takes what a death leaves here."""
        if isinstance(task, RemovalTask | UploadTask) and isinstance(task.source, KeptInput):
            with suppress(ServiceUnavailable):
                self.performer.removals.objects.remove(task.source.object_key, Meter())

    def _room(self, record: TaskRecord) -> AnswerRoom:
        return FrameRoom() if record.tell.session else AnswerRoom(self.answer_bytes)

    @property
    def _desk(self) -> TaskDesk:
        return self.performer.removals.desk
