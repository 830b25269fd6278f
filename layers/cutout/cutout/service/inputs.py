"""From what a client named as input to its bytes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from cutout.domain.errors import ImageNotFound, ImageTooLarge, ServiceUnavailable
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.domain.removal import InputLimits
from cutout.domain.tasks import ImageReference, ImageSource, ImageUrl, InlineImage, KeptInput
from cutout.imaging.decode import inspect
from cutout.service.ports import ImageCatalogue, ObjectStore, Web


@dataclass(frozen=True, slots=True)
class Inputs:
    images: ImageCatalogue
    objects: ObjectStore
    web: Web
    limits: InputLimits
    new_uuid: Callable[[], UUID]

    def read(self, source: ImageSource, account_id: str, deadline: float, meter: Meter) -> tuple[bytes, UUID]:
        """The encoded image and the UUID by which answers call it.

        Raises:
            ImageNotFound, ImageTooLarge, FailedToTransferImage
        """
        match source:
            case InlineImage(content):
                self._check_size(len(content))
                return content, self.new_uuid()
            case ImageUrl(url):
                return self.web.get(url, max_bytes=self.limits.max_bytes, deadline=deadline), self.new_uuid()
            case ImageReference(image_uuid):
                return self._read_stored(image_uuid, account_id, meter), image_uuid
            case KeptInput(object_key, image_uuid):
                return self._read_kept(object_key, meter), image_uuid

    def _read_stored(self, image_uuid: UUID, account_id: str, meter: Meter) -> bytes:
        image: StoredImage | None = self.images.find_image(account_id, image_uuid, meter)
        content = self.objects.get(image.object_key, meter) if image else None
        if content is None:
            raise ImageNotFound(
                f"This account has no image {image_uuid}: it was never uploaded or generated here, it is deleted, or its retention time is over.",
                parameter="inputImage",
                expected_type="string",
            )
        self._check_size(len(content))
        if image and not image.is_confirmed:
            image_format, width, height = inspect(content, self.limits)
            confirmed = replace(image, format=image_format, width=width, height=height, size_bytes=len(content))
            self.images.confirm(confirmed, meter)
        return content

    def _read_kept(self, object_key: str, meter: Meter) -> bytes:
        content = self.objects.get(object_key, meter)
        if content is None:
            # Put aside after the task was accepted: whoever accepted it died in between. Sent again, it comes with its image again.
            raise ServiceUnavailable("The image that came with the task wasn't kept. Send the same task again.")
        return content

    def _check_size(self, size: int) -> None:
        if size > self.limits.max_bytes:
            raise ImageTooLarge(
                f"The image has {size:,} bytes; at most {self.limits.max_bytes:,} are accepted.",
                parameter="inputImage",
                maximum=self.limits.max_bytes,
            )
