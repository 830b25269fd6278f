"""Making room for an image that is still to come (`presignUpload`), and removing one (`mediaStorage`, delete)."""

from dataclasses import dataclass
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.errors import ImageNotFound
from cutout.domain.images import StoredImage, upload_key
from cutout.domain.metering import Meter
from cutout.domain.tasks import DeletionTask, PresignTask, TaskRecord
from cutout.service.desk import Finished, Queued, TaskDesk
from cutout.service.invocation import Invocation
from cutout.service.ports import ImageCatalogue, ObjectStore


@dataclass(frozen=True, slots=True)
class Storage:
    desk: TaskDesk
    images: ImageCatalogue
    objects: ObjectStore

    def delete(self, task: DeletionTask, account: Account, invocation: Invocation, queued: Queued | None = None) -> TaskRecord:
        """Delete an image, object first: dying between the two leaves an entry that the repeat removes.

        Raises:
            CutoutError: as `TaskDesk.run`.
            ImageNotFound: the account has no such image.
        """

        def work(_: UUID, meter: Meter) -> Finished:
            image = self.images.find_image(account.account_id, task.image_uuid, meter)
            if image is None:
                raise ImageNotFound(
                    f"This account has no image {task.image_uuid}: it was never uploaded or generated here, or it is deleted already.",
                    parameter="media",
                    expected_type="string",
                )
            self.objects.remove(image.object_key, meter)
            self.images.remove(image, meter)
            return Finished(None, task.image_uuid)

        return self.desk.run(task, account, invocation, work, queued=queued)

    def reserve(self, task: PresignTask, account: Account, invocation: Invocation, queued: Queued | None = None) -> TaskRecord:
        """Enter an image whose content is still to come. The form that uploads it is signed anew with each answer.

        Raises:
            CutoutError: as `TaskDesk.run`.
        """

        def work(image_uuid: UUID, _: Meter) -> Finished:
            key = upload_key(account.account_id, image_uuid, task.format)
            return Finished(StoredImage(image_uuid, account.account_id, key, task.format, width=0, height=0, size_bytes=0))

        return self.desk.run(task, account, invocation, work, queued=queued)
