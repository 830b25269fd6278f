"""From a task's record to what its answer carries: URLs are signed anew each time, inline results read back."""

from dataclasses import dataclass, replace

from cutout.domain.errors import ImageNotFound, TaskFailedOrNotFound
from cutout.domain.metering import Meter
from cutout.domain.tasks import Asked, OutputType, TaskKey, TaskRecord, TaskStatus
from cutout.service.invocation import AnswerRoom
from cutout.service.outcomes import Completed
from cutout.service.ports import Clock, ObjectStore, TaskStore


@dataclass(frozen=True, slots=True)
class Responses:
    """`max_upload_bytes`: what a presigned upload lets through."""

    tasks: TaskStore
    objects: ObjectStore
    clock: Clock
    max_upload_bytes: int

    def find(self, key: TaskKey, room: AnswerRoom) -> Completed:
        """What is known of an earlier task.

        Raises:
            TaskFailedOrNotFound: nothing.
            ImageNotFound, OutputTooLarge: as `completed`.
        """
        record = self.tasks.find(key, Meter())
        if record is None:
            raise TaskFailedOrNotFound(
                f"This account has no task {key.task_uuid}: it was never sent, or it was forgotten when its time was over.",
                parameter="taskUUID",
                expected_type="string",
            )
        return replace(self.completed(record, room), recalled=True)

    def completed(self, record: TaskRecord, room: AnswerRoom, encoded: bytes | None = None) -> Completed:
        """The record with all that its answer carries; `encoded` is the result's file where it is at hand, its place in the answer taken.

        Raises:
            ImageNotFound: its time to live is over.
            OutputTooLarge: it was asked for inline and doesn't fit.
        """
        image = record.image
        if record.status is not TaskStatus.DONE or image is None:
            return Completed(record)
        if not record.asked.output_types:
            return Completed(
                record, upload=self.objects.presigned_upload(image.object_key, image.format.content_type, self.max_upload_bytes)
            )
        left_s = None if image.expires_ms is None else (image.expires_ms - self.clock()) // 1000
        if left_s is not None and left_s <= 0:
            raise ImageNotFound("The result was deleted when the task's ttl was over.", parameter="ttl")
        if not has_inline(record.asked):
            encoded = None
        elif encoded is None:
            room.take(inline_bytes(record.asked, image.size_bytes))
            encoded = self.objects.get(image.object_key, Meter())
            if encoded is None:
                raise ImageNotFound("The result isn't kept any more: it was deleted, or its retention time is over.")
        wants_url = OutputType.URL in record.asked.output_types
        url = self.objects.signed_url(image.object_key, left_s) if wants_url else None
        return Completed(record, url, encoded)


def has_inline(asked: Asked) -> bool:
    return bool(set(asked.output_types) - {OutputType.URL})


def inline_bytes(asked: Asked, size: int) -> int:
    """How much of the answer a result of `size` bytes takes: base64 makes four bytes of three."""
    copies = len(set(asked.output_types) - {OutputType.URL})
    return copies * (4 * ((size + 2) // 3))
