"""Usage counters: sums over the ledger, kept as it grows, so that a report needn't read the ledger itself.

They are derived data. Each is spread over shards, since one item takes about a thousand writes a second and two transactions at once
on one item refuse each other.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from cutout.domain.charges import Charge
from cutout.domain.money import Micros

SHARDS: Final = 16
"""At 100 commits a second for one account, some six a second meet on a shard: conflicts stay rare. A day's report reads 16 items."""


def shard_of(task_uuid: UUID) -> int:
    """The low bits of a version 4 UUID are random already."""
    return task_uuid.int % SHARDS


@dataclass(frozen=True, slots=True)
class Usage:
    """What a number of charges add up to. `price` is what accounts pay, `cost` what the owner paid."""

    tasks: int = 0
    price: Micros = Micros(0)
    cost: Micros = Micros(0)
    megapixels: Decimal = Decimal(0)
    billed_ms: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.tasks + other.tasks,
            Micros(self.price + other.price),
            Micros(self.cost + other.cost),
            self.megapixels + other.megapixels,
            self.billed_ms + other.billed_ms,
        )


def usage_of(charge: Charge) -> Usage:
    return Usage(1, charge.price, charge.cost, charge.megapixels, charge.billed_ms)
