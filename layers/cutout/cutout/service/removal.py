"""Doing a removal task: input bytes in, result object out."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.errors import FailedToTransferImage
from cutout.domain.images import StoredImage, result_key
from cutout.domain.metering import Meter
from cutout.domain.tasks import RemovalTask, TaskRecord
from cutout.imaging.engine import RemovalEngine
from cutout.imaging.pipeline import Removed, remove_background
from cutout.service.desk import Finished, Queued, TaskDesk
from cutout.service.inputs import Inputs
from cutout.service.invocation import Invocation
from cutout.service.ports import ObjectStore
from cutout.service.respond import has_inline, inline_bytes

MILLISECONDS: Final = 1000
_TAKEN: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Removals:
    """`turn` is held while computing: transfers of different tasks overlap, their computing takes turns. `smaller_png`: PNG results cost
    more time and fewer bytes.
    """

    desk: TaskDesk
    inputs: Inputs
    objects: ObjectStore
    engine: RemovalEngine
    turn: AbstractContextManager[object]
    smaller_png: bool = False

    def perform(
        self, task: RemovalTask, account: Account, invocation: Invocation, queued: Queued | None = None
    ) -> tuple[TaskRecord, bytes | None]:
        """Do the task, or tell what is known of it: its record, and the result's file where it was made just now.

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
                removed = remove_background(
                    source, task.removal, task.output, self.inputs.limits, self.engine, stage, smaller_png=self.smaller_png
                )
            if has_inline(task.asked):
                invocation.room.take(inline_bytes(task.asked, len(removed.encoded)))
            object_key = result_key(account.account_id, image_uuid, removed.format)
            image = as_stored(removed, account.account_id, image_uuid, object_key, self._expiry(task))
            with stage("store"):
                self.objects.put(image.object_key, removed.encoded, image.format.content_type, _metadata(task), meter)
            if task.upload_endpoint:
                with stage("hand_out"):
                    self._hand_out(task.upload_endpoint, removed.encoded, image, invocation)
            encoded = removed.encoded
            return Finished(image, input_image_uuid, task.removal.model)

        return self.desk.run(task, account, invocation, work, queued=queued), encoded

    def _expiry(self, task: RemovalTask) -> int | None:
        return None if task.ttl_s is None else self.desk.clock() + task.ttl_s * MILLISECONDS

    def _hand_out(self, url: str, content: bytes, image: StoredImage, invocation: Invocation) -> None:
        """PUT the result where the client wants it. Sent again after a death: it is the same under the same URL."""
        status = self.inputs.web.send(
            "PUT",
            url,
            content,
            {"Content-Type": image.format.content_type},
            deadline=invocation.deadline,
            parameter="uploadEndpoint",
        )
        if status not in _TAKEN:
            raise FailedToTransferImage(
                f"uploadEndpoint answered {status} to the PUT of the result; 2xx is expected.", parameter="uploadEndpoint"
            )


def as_stored(removed: Removed, account_id: str, image_uuid: UUID, object_key: str, expires_ms: int | None = None) -> StoredImage:
    """What the result is once it lies under `object_key`."""
    return StoredImage(
        image_uuid=image_uuid,
        account_id=account_id,
        object_key=object_key,
        format=removed.format,
        width=removed.width,
        height=removed.height,
        size_bytes=len(removed.encoded),
        expires_ms=expires_ms,
    )


def _metadata(task: RemovalTask) -> Mapping[str, str]:
    return {"task-uuid": str(task.task_uuid), "model": task.removal.model}
