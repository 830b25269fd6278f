"""Images that an account may name by UUID."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from cutout.domain.removal import ImageFormat

PIXELS_PER_MEGAPIXEL: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image in the object store: an upload, or a result."""

    image_uuid: UUID
    account_id: str
    object_key: str
    format: ImageFormat
    width: int
    height: int
    size_bytes: int

    @property
    def megapixels(self) -> Decimal:
        return Decimal(self.width * self.height) / PIXELS_PER_MEGAPIXEL


def upload_key(account_id: str, image_uuid: UUID, image_format: ImageFormat) -> str:
    return f"inputs/{account_id}/{image_uuid}.{image_format.extension}"


def result_key(account_id: str, image_uuid: UUID, image_format: ImageFormat) -> str:
    """Derived from account and image alone: a second run of the same task overwrites the same object."""
    return f"results/{account_id}/{image_uuid}.{image_format.extension}"
