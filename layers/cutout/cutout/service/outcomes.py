"""What became of a task, before it is put into words."""

from dataclasses import dataclass

from cutout.domain.errors import CutoutError
from cutout.domain.tasks import AccountTask, TaskRecord
from cutout.service.accounts import AccountDetails
from cutout.service.ports import PresignedUpload


@dataclass(frozen=True, slots=True)
class Completed:
    """On record: done, failed earlier, or still at work (`record.status`), with what its answer carries: a signed URL, the result's file
    where it travels inline, the way to upload where that was asked for.

    `recalled`: somebody asked for it by `getResponse`.
    """

    record: TaskRecord
    url: str | None = None
    encoded: bytes | None = None
    upload: PresignedUpload | None = None
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """In the queue. `announced`: the client is told so; over a WebSocket a synchronous task's first sign is its result."""

    record: TaskRecord
    announced: bool = True


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused or failed; nothing was charged. Type and UUID are as the client sent them, None where unreadable."""

    error: CutoutError
    task_type: str | None = None
    task_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """An account, as it was asked for."""

    task: AccountTask
    details: AccountDetails


Outcome = Completed | Accepted | Described | Rejected
