"""An array of tasks in, an outcome for each out, in the order they came. One bad task never spoils its siblings."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.errors import ConflictTaskUUID, CutoutError, OurFault, as_cutout_error
from cutout.domain.tasks import AccountTask, RemovalTask, Task, UploadTask
from cutout.service.accounts import Accounts
from cutout.service.invocation import Invocation
from cutout.service.outcomes import Described, Outcome, Rejected
from cutout.service.removal import Removals
from cutout.service.uploads import Uploads

Report = Callable[[CutoutError], None]
"""Told of each fault of ours, cause attached; what the client hears stays public."""


@dataclass(frozen=True, slots=True)
class Submissions:
    """`threads` bounds how many inputs and results are in memory at once."""

    removals: Removals
    uploads: Uploads
    accounts: Accounts
    report: Report
    threads: int = 4

    def submit(self, requests: Sequence[Task | Rejected], account: Account, invocation: Invocation) -> list[Outcome]:
        """Every request gets exactly one outcome, at the same place in the list."""
        requests = refuse_repeats(requests)

        def outcome(request: Task | Rejected) -> Outcome:
            return request if isinstance(request, Rejected) else self._perform(request, account, invocation)

        if len(requests) == 1:
            return [outcome(requests[0])]
        with ThreadPoolExecutor(max_workers=min(self.threads, len(requests)), thread_name_prefix="task") as pool:
            return list(pool.map(outcome, requests))

    def _perform(self, task: Task, account: Account, invocation: Invocation) -> Outcome:
        try:
            match task:
                case RemovalTask():
                    return self.removals.perform(task, account, invocation)
                case UploadTask():
                    return self.uploads.perform(task, account, invocation)
                case AccountTask():
                    return Described(task, self.accounts.details(account))
        except Exception as fault:  # noqa: BLE001 (siblings go on; what isn't the client's doing is reported with its cause)
            error = as_cutout_error(fault)
            if isinstance(error, OurFault):
                self.report(error)
            return Rejected(error, task.task_type, str(task.task_uuid))


def refuse_repeats(requests: Sequence[Task | Rejected]) -> list[Task | Rejected]:
    """A taskUUID that comes twice in one array is a conflict for the second, decided before any work starts."""
    seen: set[UUID] = set()
    result: list[Task | Rejected] = []
    for request in requests:
        if isinstance(request, Rejected) or request.task_uuid not in seen:
            result.append(request)
        else:
            error = ConflictTaskUUID(
                f"taskUUID {request.task_uuid} comes more than once in this request; only the first was done.",
                parameter="taskUUID",
                expected_type="string",
            )
            result.append(Rejected(error, request.task_type, str(request.task_uuid)))
        if not isinstance(request, Rejected):
            seen.add(request.task_uuid)
    return result
