"""The rate counter in memory."""

from dataclasses import dataclass, field
from threading import Lock

from cutout.domain.rate import Rate


@dataclass
class MemoryRateCounter:
    arrivals: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def admit(self, account_id: str, rate: Rate, now_ms: int) -> int:
        with self.lock:
            arrival = self.arrivals.get(account_id, 0)
            wait_ms = rate.wait_ms(arrival, now_ms)
            if wait_ms == 0:
                self.arrivals[account_id] = rate.after(arrival, now_ms)
            return wait_ms
