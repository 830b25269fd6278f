"""Which images there are, in DynamoDB."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cutout.adapters.dynamodb.actions import delete, update
from cutout.adapters.dynamodb.keys import EXPIRY, expiry_of, image_key
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.task_items import image_of
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.service.ports import Clock

_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class DynamoImageCatalogue:
    table: Table
    clock: Clock

    def find_image(self, account_id: str, image_uuid: UUID, meter: Meter) -> StoredImage | None:
        item = self.table.get(image_key(image_uuid), meter)
        image = image_of(item) if item else None
        if image is None or image.account_id != account_id:
            return None
        # What is past its time may lie there for a minute yet, or for longer if its removal failed.
        return image if image.expires_ms is None or self.clock() < image.expires_ms else None

    def confirm(self, image: StoredImage, meter: Meter) -> None:
        confirmation = update(
            image_key(image.image_uuid),
            "SET #format = :format, #width = :width, #height = :height, #size_bytes = :size_bytes",
            "attribute_exists(#pk)",
            format=image.format.value,
            width=image.width,
            height=image.height,
            size_bytes=image.size_bytes,
        )
        self.table.change(confirmation, meter)

    def remove(self, image: StoredImage, meter: Meter) -> None:
        self.table.change(delete(image_key(image.image_uuid)), meter)


@dataclass(frozen=True, slots=True)
class DynamoExpiredImages:
    """The images whose time is over, for whoever removes them."""

    table: Table

    def due(self, now_ms: int) -> Iterator[StoredImage]:
        # A key is never empty, so that a range begins at the first one's beginning.
        items = self.table.list_index(EXPIRY, first=expiry_of(0), until=expiry_of(now_ms + 1), page=_PAGE)
        return map(image_of, items)

    def forget(self, image: StoredImage) -> None:
        unchanged = delete(image_key(image.image_uuid), "#expires_ms = :expires_ms", expires_ms=image.expires_ms)
        self.table.change(unchanged)
