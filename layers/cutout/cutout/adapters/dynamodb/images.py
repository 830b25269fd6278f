"""Which images there are, in DynamoDB."""

from dataclasses import dataclass
from uuid import UUID

from cutout.adapters.dynamodb.keys import image_key
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.task_items import image_of
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter


@dataclass(frozen=True, slots=True)
class DynamoImageCatalogue:
    table: Table

    def find_image(self, account_id: str, image_uuid: UUID, meter: Meter) -> StoredImage | None:
        item = self.table.get(image_key(image_uuid), meter)
        image = image_of(item) if item else None
        return image if image and image.account_id == account_id else None
