"""Keeping an image for later: `imageUpload`, and `mediaStorage`'s upload."""

from dataclasses import dataclass
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.images import StoredImage, upload_key
from cutout.domain.metering import Meter
from cutout.domain.tasks import TaskRecord, UploadTask
from cutout.imaging.decode import inspect
from cutout.service.desk import Finished, Queued, TaskDesk
from cutout.service.inputs import Inputs
from cutout.service.invocation import Invocation
from cutout.service.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Uploads:
    desk: TaskDesk
    inputs: Inputs
    objects: ObjectStore

    def perform(self, task: UploadTask, account: Account, invocation: Invocation, queued: Queued | None = None) -> TaskRecord:
        """Keep the image as it came; its header is checked, so that what can't be an input is refused now.

        Raises:
            CutoutError: as `TaskDesk.run`, and whatever is wrong with the image.
        """

        def work(image_uuid: UUID, meter: Meter) -> Finished:
            stage = invocation.stage(meter)
            with stage("fetch"):
                content, _ = self.inputs.read(task.source, account.account_id, invocation.deadline, meter)
            image_format, width, height = inspect(content, self.inputs.limits)
            image = StoredImage(
                image_uuid=image_uuid,
                account_id=account.account_id,
                object_key=upload_key(account.account_id, image_uuid, image_format),
                format=image_format,
                width=width,
                height=height,
                size_bytes=len(content),
            )
            with stage("store"):
                self.objects.put(image.object_key, content, image_format.content_type, {"task-uuid": str(task.task_uuid)}, meter)
            return Finished(image)

        return self.desk.run(task, account, invocation, work, queued=queued)
