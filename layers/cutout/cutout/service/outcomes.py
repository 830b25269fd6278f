"""What became of a task, before it is put into words."""

from dataclasses import dataclass

from cutout.domain.errors import CutoutError
from cutout.domain.tasks import AccountTask, RemovalTask, TaskRecord, UploadTask
from cutout.service.accounts import AccountDetails


@dataclass(frozen=True, slots=True)
class Completed:
    """On record: done, or still at work (`record.status`). `encoded` is the result's file, where it travels in the answer."""

    task: RemovalTask | UploadTask
    record: TaskRecord
    url: str | None = None
    encoded: bytes | None = None


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


Outcome = Completed | Described | Rejected
