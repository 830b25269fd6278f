"""Accounts, records and charges to try the stores with."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from cutout.domain.accounts import Account
from cutout.domain.charges import Charge, CostLine
from cutout.domain.images import StoredImage, result_key
from cutout.domain.metering import Meter
from cutout.domain.money import Micros
from cutout.domain.purse import Purse
from cutout.domain.removal import ImageFormat
from cutout.domain.tasks import TaskKey, TaskRecord, TaskStatus, taken_over
from tests.contract.worlds import World

LEASE_MS = 60_000


def at(text: str) -> int:
    """Milliseconds since 1970 for an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NOON = at("2026-11-24T12:00:00")


def open_account(world: World, *, balance: int | None = None, monthly_limit: int | None = None) -> Account:
    """A new account; with a balance it is a prepaid one."""
    account = Account(
        account_id=f"a{uuid4().hex[:12]}",
        name="Test",
        prepaid=balance is not None,
        monthly_limit=None if monthly_limit is None else Micros(monthly_limit),
    )
    world.book.create(account)
    if balance:
        world.book.top_up(account.account_id, Micros(balance), "first", NOON)
    return account


def new_record(account: Account, *, reserved: int = 0, created_ms: int = NOON, **changes: Any) -> TaskRecord:
    record = TaskRecord(
        key=TaskKey(account.account_id, uuid4()),
        task_type="imageBackgroundRemoval",
        request_hash="0" * 64,
        image_uuid=uuid4(),
        status=TaskStatus.PROCESSING,
        token=1,
        lease_until_ms=created_ms + LEASE_MS,
        created_ms=created_ms,
        reserved=Micros(reserved),
    )
    return replace(record, **changes)


def claimed(world: World, account: Account, **given: Any) -> TaskRecord:
    record = new_record(account, **given)
    assert world.tasks.create(record, account, Meter()) is None
    return record


def next_worker(record: TaskRecord, *, reserved: int = 0) -> TaskRecord:
    return taken_over(record, lease_until_ms=record.lease_until_ms + LEASE_MS, reserved=Micros(reserved))


def with_result(record: TaskRecord) -> TaskRecord:
    """The record as the service commits it."""
    account_id, image_uuid = record.key.account_id, record.image_uuid
    image = StoredImage(
        image_uuid, account_id, result_key(account_id, image_uuid, ImageFormat.PNG), ImageFormat.PNG, 4000, 3000, 6_543_210
    )
    return replace(record, status=TaskStatus.DONE, image=image, input_image_uuid=uuid4(), lease_until_ms=0)


def with_error(record: TaskRecord, status: int = 500) -> TaskRecord:
    error = {"code": "internalServerError", "status": status, "message": "It broke.", "minimum": 0.5, "allowed": ["a", 1]}
    return replace(record, status=TaskStatus.FAILED, error=error, lease_until_ms=0)


def charge_of(record: TaskRecord, price: int, **changes: Any) -> Charge:
    """A charge as long as they get, whose lines add up to `price` micro-dollars."""
    lines = (
        CostLine("lambda_request", Decimal(1) / 3, Decimal("0.0000002")),
        CostLine("http_api_request", Decimal(1) / 3, Decimal("0.000001")),
        CostLine("s3_put", Decimal(1), Decimal("0.000005")),
        CostLine("s3_get", Decimal(1), Decimal("0.0000004")),
        CostLine("dynamodb_write", Decimal("17.0"), Decimal("0.000000625")),
        CostLine("dynamodb_read", Decimal("1.0"), Decimal("0.000000125")),
        CostLine("sqs_request", Decimal(3), Decimal("0.0000004")),
        CostLine("websocket_message", Decimal(2), Decimal("0.000001")),
    )
    rest = Decimal(price) / 1_000_000 - sum(line.dollars for line in lines)
    unit_price = Decimal("0.0000166667")
    charge = Charge(
        key=record.key,
        task_type=record.task_type,
        at_ms=record.created_ms + 1234,
        model="birefnet-general-lite",
        megapixels=Decimal("11.943936"),
        billed_ms=1234,
        stage_ms=dict.fromkeys(
            ("fetch", "decode", "segment", "trimap", "alpha", "foreground", "composite", "encode", "store"), 123
        ),
        lines=(CostLine("lambda_gb_second", rest / unit_price, unit_price), *lines),
        markup=Decimal("1.25"),
        price_book="2026-11-24",
    )
    return replace(charge, **{"markup": Decimal(1), **changes})


def purses(world: World, account: Account) -> dict[str, tuple[int, int, int, int]]:
    """(deposited, available, reserved, spent) by name; the invariant is checked in passing."""
    found = {purse.name: purse for purse in world.book.purses(account.account_id)}
    assert all(_balanced(purse) for purse in found.values())
    return {name: (purse.deposited, purse.available, purse.reserved, purse.spent) for name, purse in found.items()}


def _balanced(purse: Purse) -> bool:
    return purse.available + purse.reserved + purse.spent == purse.deposited
