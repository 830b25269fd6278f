"""Tasks, charges and images as items, and back."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from cutout.adapters.dynamodb.actions import Item
from cutout.adapters.dynamodb.keys import EXPIRY, charge_key, expiry_of, image_key, ledger_of, task_key, task_key_of
from cutout.domain.charges import Charge, CostLine
from cutout.domain.images import StoredImage
from cutout.domain.money import Micros
from cutout.domain.purse import month_of
from cutout.domain.removal import ImageFormat
from cutout.domain.tasks import Asked, OutputType, TaskRecord, TaskStatus, Tell


def task_item(record: TaskRecord, purses: Sequence[str], **more: object) -> Item:
    """`purses` hold the record's reservation. What is None is left out."""
    item = {
        **task_key(record.key),
        "task_type": record.task_type,
        "request_hash": record.request_hash,
        "image_uuid": str(record.image_uuid),
        "status": record.status.value,
        "token": record.token,
        "lease_until_ms": record.lease_until_ms,
        "created_ms": record.created_ms,
        "reserved": record.reserved,
        "purses": list(purses),
        "image": image_fields(record.image) if record.image else None,
        "input_image_uuid": str(record.input_image_uuid) if record.input_image_uuid else None,
        "price": record.price,
        # As text: its numbers may be floats, which DynamoDB doesn't take.
        "error": json.dumps(record.error) if record.error else None,
        "outputs": [output_type.value for output_type in record.asked.output_types],
        "include_cost": record.asked.include_cost or None,
        "tell": tell_fields(record.tell) or None,
        "job": record.job,
        **more,
    }
    return {name: value for name, value in item.items() if value is not None}


def task_of(item: Item) -> TaskRecord:
    return TaskRecord(
        key=task_key_of(item),
        task_type=item["task_type"],
        request_hash=item["request_hash"],
        image_uuid=UUID(item["image_uuid"]),
        status=TaskStatus(item["status"]),
        token=int(item["token"]),
        lease_until_ms=int(item["lease_until_ms"]),
        created_ms=int(item["created_ms"]),
        reserved=Micros(int(item["reserved"])),
        image=image_of(item["image"]) if "image" in item else None,
        input_image_uuid=UUID(item["input_image_uuid"]) if "input_image_uuid" in item else None,
        price=Micros(int(item["price"])) if "price" in item else None,
        error=json.loads(item["error"]) if "error" in item else None,
        asked=Asked(tuple(OutputType(name) for name in item.get("outputs", ["URL"])), "include_cost" in item),
        tell=_tell_of(item.get("tell", {})),
        job=item.get("job"),
    )


def tell_fields(tell: Tell) -> Item:
    fields = {"webhook_url": tell.webhook_url, "session": str(tell.session) if tell.session else None}
    return {name: value for name, value in fields.items() if value is not None}


def _tell_of(fields: Item) -> Tell:
    return Tell(fields.get("webhook_url"), UUID(fields["session"]) if "session" in fields else None)


def charge_item(charge: Charge, accepted_ms: int, purses: Sequence[str]) -> Item:
    """`accepted_ms` says to which day and month it belongs, `purses` by which it was paid.

    Cost lines are `[item, quantity, unit price]` with the decimals as text, digit for digit. `cost` and `price` could be computed
    from them; they are there for whoever reads the table.
    """
    item = {
        **charge_key(charge.key),
        "gsi1pk": ledger_of(charge.key.account_id, month_of(accepted_ms)),
        "gsi1sk": f"{datetime.fromtimestamp(accepted_ms / 1000, UTC).isoformat(timespec='milliseconds')[:23]}#{charge.key.task_uuid}",
        "task_type": charge.task_type,
        "accepted_ms": accepted_ms,
        "at_ms": charge.at_ms,
        "model": charge.model,
        "megapixels": charge.megapixels,
        "billed_ms": charge.billed_ms,
        "stage_ms": dict(charge.stage_ms),
        "lines": [[line.item, str(line.quantity), str(line.unit_price)] for line in charge.lines],
        "markup": str(charge.markup),
        "price_book": charge.price_book,
        "absorbed": charge.absorbed,
        "cost": charge.cost,
        "price": charge.price,
        "purses": list(purses),
    }
    return {name: value for name, value in item.items() if value is not None}


def charge_of(item: Item) -> Charge:
    return Charge(
        key=task_key_of(item),
        task_type=item["task_type"],
        at_ms=int(item["at_ms"]),
        model=item.get("model"),
        megapixels=item["megapixels"],
        billed_ms=int(item["billed_ms"]),
        stage_ms={name: int(milliseconds) for name, milliseconds in item["stage_ms"].items()},
        lines=tuple(CostLine(name, Decimal(quantity), Decimal(price)) for name, quantity, price in item["lines"]),
        markup=Decimal(item["markup"]),
        price_book=item["price_book"],
        absorbed=Micros(int(item["absorbed"])),
    )


def image_fields(image: StoredImage) -> Item:
    time_to_live = {} if image.expires_ms is None else {"expires_ms": image.expires_ms}
    return {
        "image_uuid": str(image.image_uuid),
        "account": image.account_id,
        "object_key": image.object_key,
        "format": image.format.value,
        "width": image.width,
        "height": image.height,
        "size_bytes": image.size_bytes,
        **time_to_live,
    }


def image_item(image: StoredImage, expires_at: int) -> Item:
    entry = {} if image.expires_ms is None else {"gsi1pk": EXPIRY, "gsi1sk": expiry_of(image.expires_ms, image.image_uuid)}
    return {**image_key(image.image_uuid), **image_fields(image), **entry, "expires_at": expires_at}


def image_of(item: Item) -> StoredImage:
    return StoredImage(
        image_uuid=UUID(item["image_uuid"]),
        account_id=item["account"],
        object_key=item["object_key"],
        format=ImageFormat(item["format"]),
        width=int(item["width"]),
        height=int(item["height"]),
        size_bytes=int(item["size_bytes"]),
        expires_ms=int(item["expires_ms"]) if "expires_ms" in item else None,
    )
