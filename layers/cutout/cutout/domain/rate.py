"""How often an account may call: the generic cell rate algorithm (ITU-T I.371), a leaky bucket in one number.

That number is the theoretical arrival time: when the bucket will have leaked empty. A request is admitted while that lies less than the
tolerance ahead, and pushes it on by one interval. `requests_per_minute` may come at a stroke; after them, one an interval.
"""

import math
from dataclasses import dataclass
from typing import Final

MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `requests_per_minute`, at least 1."""

    requests_per_minute: int

    @property
    def interval_ms(self) -> int:
        return math.ceil(MINUTE_MS / self.requests_per_minute)

    @property
    def tolerance_ms(self) -> int:
        """How far ahead the theoretical arrival time may lie for a request to be admitted."""
        return self.interval_ms * (self.requests_per_minute - 1)

    def wait_ms(self, arrival_ms: int, now_ms: int) -> int:
        """How long to wait before the next request is admitted; 0: it may come now."""
        return max(0, arrival_ms - self.tolerance_ms - now_ms)

    def after(self, arrival_ms: int, now_ms: int) -> int:
        """The theoretical arrival time once a request was admitted."""
        return max(arrival_ms, now_ms) + self.interval_ms
