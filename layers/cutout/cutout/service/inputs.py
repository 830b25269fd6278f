"""From what a client named as input to its bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from cutout.domain.errors import ImageNotFound, ImageTooLarge
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.domain.removal import InputLimits
from cutout.domain.tasks import ImageReference, ImageSource, ImageUrl, InlineImage
from cutout.service.ports import ImageCatalogue, ObjectStore, UrlFetcher


@dataclass(frozen=True, slots=True)
class Inputs:
    images: ImageCatalogue
    objects: ObjectStore
    fetcher: UrlFetcher
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
                return self.fetcher.get(url, max_bytes=self.limits.max_bytes, deadline=deadline), self.new_uuid()
            case ImageReference(image_uuid):
                return self._read_stored(image_uuid, account_id, meter), image_uuid

    def _read_stored(self, image_uuid: UUID, account_id: str, meter: Meter) -> bytes:
        image: StoredImage | None = self.images.find_image(account_id, image_uuid, meter)
        content = self.objects.get(image.object_key, meter) if image else None
        if content is None:
            raise ImageNotFound(
                f"This account has no image {image_uuid}: it was never uploaded or generated here, or its retention time is over.",
                parameter="inputImage",
                expected_type="string",
            )
        self._check_size(len(content))
        return content

    def _check_size(self, size: int) -> None:
        if size > self.limits.max_bytes:
            raise ImageTooLarge(
                f"The image has {size:,} bytes; at most {self.limits.max_bytes:,} are accepted.",
                parameter="inputImage",
                maximum=self.limits.max_bytes,
            )
