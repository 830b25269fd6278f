"""What a task used, counted while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock

from cutout.domain.charges import CostLine


@dataclass(slots=True)
class Meter:
    """Counts one task's use of priced things. DynamoDB's units are those that it reports itself as consumed."""

    s3_puts: int = 0
    s3_gets: int = 0
    dynamodb_writes: Decimal = Decimal(0)
    dynamodb_reads: Decimal = Decimal(0)
    stage_ms: dict[str, float] = field(default_factory=dict)
    elsewhere: tuple[CostLine, ...] = ()
    """What was used by an earlier part of the task's way, priced there"""

    def add_stage(self, name: str, milliseconds: float) -> None:
        self.stage_ms[name] = self.stage_ms.get(name, 0.0) + milliseconds


class TimeShare:
    """Splits an invocation's wall-clock time among the tasks at work in it, so that the shares add up to the whole.

    At each moment the passing time is divided evenly by the tasks then active. One virtual clock does it: it runs at 1/n of real
    time while n tasks are active, and a task's share is how far it advanced between the task's start and its end (the fair-queueing
    argument of Demers, Keshav and Shenker, 1989).
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self._virtual = 0.0
        self._active = 0
        self._last = monotonic()

    def _advance(self) -> float:
        now = self._monotonic()
        if self._active:
            self._virtual += (now - self._last) / self._active
        self._last = now
        return self._virtual

    @contextmanager
    def share(self) -> Iterator[Callable[[], float]]:
        """Counts the caller as active; yields a function that tells its share so far, in milliseconds."""
        with self._lock:
            start = self._advance()
            self._active += 1

        def so_far_ms() -> float:
            with self._lock:
                return (self._advance() - start) * 1000

        try:
            yield so_far_ms
        finally:
            with self._lock:
                self._advance()
                self._active -= 1
