"""Charges: what a task cost, line by line, and the immutable ledger entry made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from cutout.domain.money import Micros, to_micros
from cutout.domain.tasks import TaskKey


@dataclass(frozen=True, slots=True)
class CostLine:
    """One priced thing: `quantity` x `unit_price` US dollars."""

    item: str
    quantity: Decimal
    unit_price: Decimal

    @property
    def dollars(self) -> Decimal:
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Charge:
    """The ledger entry of one task: append-only, at most one per task, never expires.

    `cost` is the sum of `lines`, rounded up once, at the end. `price` is what the account pays: cost x `markup`, rounded up, less
    `absorbed` (what a spend limit left no room for and the owner therefore bears).
    """

    key: TaskKey
    task_type: str
    at_ms: int
    model: str | None
    megapixels: Decimal
    billed_ms: int
    stage_ms: Mapping[str, int]
    lines: tuple[CostLine, ...]
    markup: Decimal
    price_book: str
    absorbed: Micros = Micros(0)

    @property
    def dollars(self) -> Decimal:
        return sum((line.dollars for line in self.lines), Decimal(0))

    @property
    def cost(self) -> Micros:
        return to_micros(self.dollars)

    @property
    def price(self) -> Micros:
        return Micros(to_micros(self.dollars * self.markup) - self.absorbed)
