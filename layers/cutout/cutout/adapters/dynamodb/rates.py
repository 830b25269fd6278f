"""How often accounts have called lately."""

from dataclasses import dataclass
from typing import Final

from cutout.adapters.dynamodb.actions import update
from cutout.adapters.dynamodb.keys import rate_key
from cutout.adapters.dynamodb.table import Table
from cutout.domain.rate import MINUTE_MS, Rate

_KEPT_S: Final = 3600


@dataclass(frozen=True, slots=True)
class DynamoRateCounter:
    """Two conditional updates, since an expression there has no maximum: a bucket that has leaked empty begins at now, another goes on."""

    table: Table

    def admit(self, account_id: str, rate: Rate, now_ms: int) -> int:
        key, expires_at = rate_key(account_id), now_ms // 1000 + _KEPT_S
        idle = update(
            key,
            "SET #arrival = :next, #expires_at = :expires_at",
            "attribute_not_exists(#pk) OR #arrival <= :now",
            next=now_ms + rate.interval_ms,
            now=now_ms,
            expires_at=expires_at,
        )
        if self.table.change(idle) is None:
            return 0
        busy = update(
            key,
            "SET #arrival = #arrival + :interval, #expires_at = :expires_at",
            "#arrival <= :latest",
            interval=rate.interval_ms,
            latest=now_ms + rate.tolerance_ms,
            expires_at=expires_at,
        )
        refusal = self.table.change(busy)
        if refusal is None:
            return 0
        stored = refusal.item or {"arrival": now_ms + MINUTE_MS}
        return max(1, rate.wait_ms(int(stored["arrival"]), now_ms))
