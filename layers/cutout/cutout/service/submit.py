"""An array of tasks in, an outcome for each out, in the order they came. One bad task never spoils its siblings."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillAtWork
from dataclasses import dataclass

from cutout.domain.accounts import Account
from cutout.domain.errors import CutoutError, OurFault, TaskTimeout, as_cutout_error
from cutout.domain.tasks import AccountTask, RemovalTask, ResponseTask, Task
from cutout.service.acceptance import Acceptance
from cutout.service.invocation import Invocation
from cutout.service.outcomes import Outcome, Rejected
from cutout.service.perform import Performer
from cutout.service.repeats import refuse_repeats

Report = Callable[[CutoutError], None]
"""Told of each fault of ours, cause attached; what the client hears stays public."""


@dataclass(frozen=True, slots=True)
class Submissions:
    """`threads` bounds how many inputs and results are in memory at once. A removal that isn't done by the invocation's deadline, and
    `patience_s` later where a step of it can't be interrupted, is handed over to the queue.
    """

    performer: Performer
    acceptance: Acceptance
    report: Report
    threads: int = 4
    patience_s: float = 1.0

    def submit(self, requests: Sequence[Task | Rejected], account: Account, invocation: Invocation) -> list[Outcome]:
        """Every request gets exactly one outcome, at the same place in the list."""
        requests = refuse_repeats(requests)
        pool = ThreadPoolExecutor(max_workers=min(self.threads, len(requests) or 1), thread_name_prefix="task")
        try:
            begun = [
                request if isinstance(request, Rejected) else (request, pool.submit(self._outcome, request, account, invocation))
                for request in requests
            ]
            return [
                entry if isinstance(entry, Rejected) else self._wait(entry[0], entry[1], account, invocation) for entry in begun
            ]
        finally:
            # A worker that is still at it finds, at its next step, that its time is over.
            pool.shutdown(wait=False, cancel_futures=True)

    def _wait(self, task: Task, future: "Future[Outcome]", account: Account, invocation: Invocation) -> Outcome:
        try:
            return future.result(max(0.0, invocation.left_s()) + self.patience_s)
        except StillAtWork:
            return self._late(task, TaskTimeout("The task didn't finish in time."), account, invocation)

    def _outcome(self, task: Task, account: Account, invocation: Invocation) -> Outcome:
        try:
            return self._perform(task, account, invocation)
        except TaskTimeout as timeout:
            return self._late(task, timeout, account, invocation)
        except Exception as fault:  # noqa: BLE001 (siblings go on; what isn't the client's doing is reported with its cause)
            return self._rejected(task, as_cutout_error(fault))

    def _perform(self, task: Task, account: Account, invocation: Invocation) -> Outcome:
        match task:
            case ResponseTask() | AccountTask():
                return self.acceptance.answer(task, account, invocation)
            case RemovalTask(asynchronous=True):
                return self.acceptance.accept(task, account, invocation)
            case _:
                return self.performer.perform(task, account, invocation)

    def _late(self, task: Task, timeout: TaskTimeout, account: Account, invocation: Invocation) -> Outcome:
        # Of other tasks a client takes the first answer for the result: a time-out makes it send the same task again.
        if not (invocation.hands_over and isinstance(task, RemovalTask)):
            return self._rejected(task, timeout)
        try:
            return self.acceptance.hand_over(task, account, invocation)
        except Exception as fault:  # noqa: BLE001 (as above)
            return self._rejected(task, as_cutout_error(fault))

    def _rejected(self, task: Task, error: CutoutError) -> Rejected:
        if isinstance(error, OurFault):
            self.report(error)
        return Rejected(error, task.task_type, str(task.task_uuid))
