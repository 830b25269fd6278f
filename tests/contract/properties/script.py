"""What may happen around each call of a store: nothing, a fault, the worker's death, time, or somebody else's work."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

TASKS = 4
ACCOUNTS = 2

SECOND = 1000
HOUR = 3600 * SECOND
MONTH = 31 * 24 * HOUR


@dataclass(frozen=True)
class Fault:
    """The call fails. After a call: it was done, but its answer was lost."""


@dataclass(frozen=True)
class Kill:
    """The worker is gone: nothing of it runs any more."""


@dataclass(frozen=True)
class BrokenConnection:
    """The next call's connection breaks, "before" or "after" it was done; the adapter tries again. Fakes have no connection."""

    when: str


@dataclass(frozen=True)
class ClockStep:
    """The wall clock jumps, perhaps backwards."""

    by_ms: int


@dataclass(frozen=True)
class Work:
    """Time passes in which the function is billed."""

    seconds: float


@dataclass(frozen=True)
class Delivery:
    """A task is delivered (again), by another worker. `changed`: the same taskUUID with a different request."""

    account: int
    task: int
    changed: bool = False


@dataclass(frozen=True)
class Reconciliation:
    """The operator reconciles and repairs."""


Event = Fault | Kill | BrokenConnection | ClockStep | Work | Delivery | Reconciliation | None

deliveries = st.builds(
    Delivery, st.integers(0, ACCOUNTS - 1), st.integers(0, TASKS - 1), st.sampled_from([False, False, False, False, True])
)
clock_steps = st.sampled_from([-2 * HOUR, -1, 1, 59 * SECOND, 61 * SECOND, 2 * HOUR, MONTH])
events: st.SearchStrategy[Event] = st.one_of(
    st.none(),
    st.just(Fault()),
    st.just(Kill()),
    st.sampled_from([BrokenConnection("before"), BrokenConnection("after")]),
    st.builds(ClockStep, clock_steps),
    st.builds(Work, st.sampled_from([0.001, 0.5, 3.0, 8.0])),
    deliveries,
    st.just(Reconciliation()),
)
scripts = st.lists(events, max_size=14)


class Interrupted:
    """A store around each of whose calls the next events of the script happen."""

    UNTOUCHED = frozenset({"commit_units", "signed_url"})
    """These compute; they call nobody."""

    def __init__(self, store: Any, script: deque[Event], happen: Callable[[Event], None]) -> None:
        self._store = store
        self._script = script
        self._happen = happen

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name in self.UNTOUCHED:
            return method

        def call(*args: Any) -> Any:
            self._next()
            try:
                return method(*args)
            finally:
                # Whatever the answer was, it may be lost.
                self._next()

        return call

    def _next(self) -> None:
        if self._script:
            self._happen(self._script.popleft())
