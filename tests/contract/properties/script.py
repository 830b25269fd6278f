"""What may happen around each call of a store: nothing, a fault, the worker's death, time, or somebody else's work."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from cutout.domain.accounts import Account
from cutout.domain.metering import Meter
from cutout.domain.tasks import TaskKey, TaskRecord

TASKS = 3
ACCOUNTS = 2
RELEASES = 2

SECOND = 1000
HOUR = 3600 * SECOND
MONTH = 31 * 24 * HOUR


@dataclass(frozen=True)
class Failure:
    """The call fails; after a call: it was done, but its answer was lost. `kill`: the worker is gone, nothing of it runs any more."""

    kill: bool


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
    """A task is delivered (again), by another worker. `changed`: the same taskUUID with a different request. `release`: which release
    of the service the worker runs; they reserve different sums. `later`: it is accepted for the queue, not done at once.
    """

    account: int
    task: int
    changed: bool = False
    release: int = 0
    later: bool = False


@dataclass(frozen=True)
class QueueDelivery:
    """The queue leads a worker to a task, whether it was sent there once, twice or never. `last`: it won't be delivered again."""

    account: int
    task: int
    release: int = 0
    last: bool = False


@dataclass(frozen=True)
class Repetition:
    """The task at hand is delivered once more while its worker is at it; `after_lease`: when its lease is over."""

    after_lease: bool


@dataclass(frozen=True)
class Reconciliation:
    """The operator reconciles and repairs; `late`: when the task at hand counts as abandoned."""

    late: bool


Event = Failure | BrokenConnection | ClockStep | Work | Delivery | QueueDelivery | Repetition | Reconciliation | None

deliveries = st.builds(
    Delivery,
    st.integers(0, ACCOUNTS - 1),
    st.integers(0, TASKS - 1),
    st.sampled_from([False, False, False, False, True]),
    st.integers(0, RELEASES - 1),
    st.booleans(),
)
queue_deliveries = st.builds(
    QueueDelivery,
    st.integers(0, ACCOUNTS - 1),
    st.integers(0, TASKS - 1),
    st.integers(0, RELEASES - 1),
    st.booleans(),
)
clock_steps = st.sampled_from([-2 * HOUR, -1, 1, 59 * SECOND, 61 * SECOND, 2 * HOUR, MONTH])
# What ends a delivery is rarer than what doesn't: the late calls are the interesting ones.
events: st.SearchStrategy[Event] = st.one_of(
    st.none(),
    st.none(),
    st.none(),
    st.builds(Failure, st.booleans()),
    st.sampled_from([BrokenConnection("before"), BrokenConnection("after")]),
    st.builds(ClockStep, clock_steps),
    st.builds(Work, st.sampled_from([0.001, 0.5, 3.0, 8.0])),
    st.builds(Work, st.sampled_from([3.0, 8.0])),
    st.builds(Repetition, st.booleans()),
    st.builds(Repetition, st.just(True)),  # noqa: FBT003 (a strategy's value)
    deliveries,
    queue_deliveries,
    st.builds(Reconciliation, st.booleans()),
)
scripts = st.lists(events, max_size=14)


class Interrupted:
    """A store around each of whose calls the next events of the script happen."""

    UNTOUCHED = frozenset({"create_units", "commit_units", "signed_url", "presigned_upload"})
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


class Watched:
    """A task store of which is known what token each task was last given."""

    def __init__(self, tasks: Any, tokens: dict[TaskKey, int]) -> None:
        self._tasks = tasks
        self._tokens = tokens

    def create(self, record: TaskRecord, account: Account, meter: Meter) -> TaskRecord | None:
        existing: TaskRecord | None = self._tasks.create(record, account, meter)
        if existing is None:
            self._tokens[record.key] = record.token
        return existing

    def take_over(self, old: TaskRecord, new: TaskRecord, account: Account, meter: Meter) -> bool:
        taken: bool = self._tasks.take_over(old, new, account, meter)
        if taken:
            self._tokens[new.key] = new.token
        return taken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tasks, name)
