"""Doing a recorded task, whichever it is and whichever way it came."""

from dataclasses import dataclass, replace

from cutout.domain.accounts import Account
from cutout.domain.tasks import DeletionTask, PresignTask, RecordedTask, RemovalTask, UploadTask
from cutout.service.desk import Queued
from cutout.service.invocation import Invocation
from cutout.service.outcomes import Completed
from cutout.service.removal import Removals
from cutout.service.respond import Responses
from cutout.service.storage import Storage
from cutout.service.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Performer:
    removals: Removals
    uploads: Uploads
    storage: Storage
    responses: Responses

    def with_lease(self, lease_ms: int) -> "Performer":
        """The same at a desk whose claims hold for so long: the queue's worker may take longer than an HTTP request."""
        desk = replace(self.removals.desk, lease_ms=lease_ms)
        return Performer(
            replace(self.removals, desk=desk), replace(self.uploads, desk=desk), replace(self.storage, desk=desk), self.responses
        )

    def perform(self, task: RecordedTask, account: Account, invocation: Invocation, queued: Queued | None = None) -> Completed:
        """Do the task, or tell what is known of it. `queued`: it comes from the queue, with its record.

        Raises:
            CutoutError: whatever is wrong with the task or its input; nothing was charged.
        """
        encoded: bytes | None = None
        match task:
            case RemovalTask():
                record, encoded = self.removals.perform(task, account, invocation, queued)
            case UploadTask():
                record = self.uploads.perform(task, account, invocation, queued)
            case DeletionTask():
                record = self.storage.delete(task, account, invocation, queued)
            case PresignTask():
                record = self.storage.reserve(task, account, invocation, queued)
        return self.responses.completed(record, invocation.room, encoded)
