"""What the platform itself uses: a cold start's initialisation, which AWS bills like any other function time."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from cutout.domain.accounts import PLATFORM
from cutout.domain.charges import Charge
from cutout.domain.metering import Meter
from cutout.domain.prices import Tariff, billed
from cutout.domain.tasks import TaskKey, TaskRecord, TaskStatus
from cutout.service.ports import Clock, TaskStore

INITIALISATION: Final = "initialisation"
NOT_SOLD: Final = Decimal(0)
"""Its markup: a cost, and no price to anyone."""
_LEASE_MS: Final = 60_000


def book_initialisation(
    tasks: TaskStore, tariff: Tariff, clock: Clock, new_uuid: Callable[[], UUID], milliseconds: float
) -> Charge:
    """Enter one cold start into the ledger, as a task of the platform's account with a cost and no price.

    Dying here loses one such entry, and no client's money.

    Raises:
        ServiceUnavailable: the store doesn't answer.
    """
    now_ms, meter = clock(), Meter()
    begun = TaskRecord(
        key=TaskKey(PLATFORM.account_id, new_uuid()),
        task_type=INITIALISATION,
        request_hash=INITIALISATION,
        image_uuid=new_uuid(),
        status=TaskStatus.PROCESSING,
        token=1,
        lease_until_ms=now_ms + _LEASE_MS,
        created_ms=now_ms,
    )
    tasks.create(begun, PLATFORM, meter)
    done = replace(begun, status=TaskStatus.DONE, lease_until_ms=0)
    meter.dynamodb_writes += tasks.commit_units(done, PLATFORM)
    billed_ms = billed(milliseconds)
    charge = Charge(
        key=begun.key,
        task_type=INITIALISATION,
        at_ms=now_ms,
        model=None,
        megapixels=Decimal(0),
        billed_ms=billed_ms,
        stage_ms={INITIALISATION: billed_ms},
        lines=(tariff.compute(billed_ms), *tariff.metered(meter)),
        markup=NOT_SOLD,
        price_book=tariff.version,
    )
    return tasks.commit(replace(done, price=charge.price), charge, PLATFORM, Meter())
