"""Money: integer micro-dollars for what is charged, exact decimals for what it is made of."""

from decimal import ROUND_CEILING, Decimal
from typing import NewType

Micros = NewType("Micros", int)
"""Millionths of a US dollar. Money is never a float."""

MICROS_PER_DOLLAR = Decimal(1_000_000)


def to_micros(dollars: Decimal) -> Micros:
    """The smallest whole number of micro-dollars that covers `dollars` (rounded up, so that no cost is left uncovered)."""
    return Micros(int((dollars * MICROS_PER_DOLLAR).to_integral_value(rounding=ROUND_CEILING)))


def to_dollars(amount: Micros) -> Decimal:
    """Exact, with at most six decimals."""
    return Decimal(amount) / MICROS_PER_DOLLAR
