"""What the ledger says about where money went."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from cutout.domain.charges import Charge

_FUNCTION_TIME: Final = "lambda_gb_second"
REST: Final = "rest of the function's time"


def cost_by_part(charges: Iterable[Charge]) -> Mapping[str, Decimal]:
    """US dollars by stage of the work, and by every other thing that was paid for; the dearest first. They add up to the whole.

    Function time is divided among a task's stages by their milliseconds. Where stages of several tasks ran side by side, their
    milliseconds are more than what was billed to the task, and are scaled to it.
    """
    parts: dict[str, Decimal] = defaultdict(Decimal)
    for charge in charges:
        for line in charge.lines:
            if line.item == _FUNCTION_TIME:
                for stage, share in _shares(charge).items():
                    parts[stage] += line.dollars * share
            else:
                parts[line.item] += line.dollars
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def _shares(charge: Charge) -> Mapping[str, Decimal]:
    staged = sum(charge.stage_ms.values())
    whole = Decimal(max(staged, charge.billed_ms))
    if not whole:
        return {REST: Decimal(1)}
    shares = {stage: milliseconds / whole for stage, milliseconds in charge.stage_ms.items()}
    return shares | {REST: (whole - staged) / whole}


def months_between(first_day: str, last_day: str) -> list[str]:
    """`2026-11`, `2026-12`, … from the month of the first day to that of the last."""
    month, months = first_day[:7], []
    while month <= last_day[:7]:
        months.append(month)
        year, number = int(month[:4]), int(month[5:])
        month = f"{year + number // 12:04d}-{number % 12 + 1:02d}"
    return months
