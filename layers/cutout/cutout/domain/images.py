"""Images that an account may name by UUID."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from cutout.domain.removal import ImageFormat

PIXELS_PER_MEGAPIXEL: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image in the object store: an upload, or a result.

    `expires_ms`: from then on (milliseconds since 1970) it is as good as gone, and it really goes soon after. `size_bytes` of 0: a place
    for an upload, of which nothing is known until it is first used.
    """

    image_uuid: UUID
    account_id: str
    object_key: str
    format: ImageFormat
    width: int
    height: int
    size_bytes: int
    expires_ms: int | None = None

    @property
    def is_confirmed(self) -> bool:
        return self.size_bytes > 0

    @property
    def megapixels(self) -> Decimal:
        return Decimal(self.width * self.height) / PIXELS_PER_MEGAPIXEL


def upload_key(account_id: str, image_uuid: UUID, image_format: ImageFormat) -> str:
    return f"inputs/{account_id}/{image_uuid}.{image_format.extension}"


def pending_key(account_id: str, image_uuid: UUID) -> str:
    """Where an image that came with a task waits for the task's turn."""
    return f"inputs/{account_id}/pending/{image_uuid}"


def result_key(account_id: str, image_uuid: UUID, image_format: ImageFormat) -> str:
    """Derived from account and image alone: a second run of the same task overwrites the same object."""
    return f"results/{account_id}/{image_uuid}.{image_format.extension}"
