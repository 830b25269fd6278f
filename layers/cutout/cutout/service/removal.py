"""Doing a removal task: input bytes in, result object out."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.images import StoredImage, result_key
from cutout.domain.metering import Meter
from cutout.domain.tasks import OutputType, RemovalTask, TaskRecord, TaskStatus
from cutout.imaging.engine import RemovalEngine
from cutout.imaging.pipeline import Removed, remove_background
from cutout.service.desk import Finished, TaskDesk
from cutout.service.inputs import Inputs
from cutout.service.invocation import Invocation
from cutout.service.outcomes import Completed
from cutout.service.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Removals:
    """`turn` is held while computing: transfers of different tasks overlap, their computing takes turns."""

    desk: TaskDesk
    inputs: Inputs
    objects: ObjectStore
    engine: RemovalEngine
    turn: AbstractContextManager[object]

    def perform(self, task: RemovalTask, account: Account, invocation: Invocation) -> Completed:
        """Do the task, or answer from what is known of it.

        Raises:
            CutoutError: as `TaskDesk.run`, and whatever is wrong with the input.
        """
        encoded: bytes | None = None

        def work(image_uuid: UUID, meter: Meter) -> Finished:
            nonlocal encoded
            stage = invocation.stage(meter)
            with stage("fetch"):
                source, input_image_uuid = self.inputs.read(task.source, account.account_id, invocation.deadline, meter)
            with self.turn:
                removed = remove_background(source, task.removal, task.output, self.inputs.limits, self.engine, stage)
            invocation.room.take(_inline_bytes(task, len(removed.encoded)))
            object_key = result_key(account.account_id, image_uuid, removed.format)
            image = as_stored(removed, account.account_id, image_uuid, object_key)
            with stage("store"):
                self.objects.put(image.object_key, removed.encoded, image.format.content_type, _metadata(task), meter)
            encoded = removed.encoded
            return Finished(image, input_image_uuid, task.removal.model)

        record = self.desk.run(task, account, invocation, work)
        return self._completed(task, record, encoded, invocation)

    def _completed(self, task: RemovalTask, record: TaskRecord, encoded: bytes | None, invocation: Invocation) -> Completed:
        """Adds what the answer carries: URLs are signed anew, replayed bytes are read back."""
        if record.status is not TaskStatus.DONE or record.image is None:
            return Completed(task, record)
        key = record.image.object_key
        inline = set(task.output_types) - {OutputType.URL}
        if inline and encoded is None:
            invocation.room.take(_inline_bytes(task, record.image.size_bytes))
            encoded = self.objects.get(key, Meter())
        url = self.objects.signed_url(key) if OutputType.URL in task.output_types else None
        return Completed(task, record, url=url, encoded=encoded if inline else None)


def _inline_bytes(task: RemovalTask, size: int) -> int:
    """How much of the answer the result takes: base64 makes four bytes of three."""
    copies = len(set(task.output_types) - {OutputType.URL})
    return copies * (4 * ((size + 2) // 3))


def as_stored(removed: Removed, account_id: str, image_uuid: UUID, object_key: str) -> StoredImage:
    """What the result is once it lies under `object_key`."""
    return StoredImage(
        image_uuid=image_uuid,
        account_id=account_id,
        object_key=object_key,
        format=removed.format,
        width=removed.width,
        height=removed.height,
        size_bytes=len(removed.encoded),
    )


def _metadata(task: RemovalTask) -> Mapping[str, str]:
    return {"task-uuid": str(task.task_uuid), "model": task.removal.model}
