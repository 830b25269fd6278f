"""What the tasks of one invocation share: its time, its deadline, and the room in its answer."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

from cutout.domain.errors import OutputTooLarge, TaskTimeout
from cutout.domain.metering import Meter, TimeShare
from cutout.domain.prices import WayIn
from cutout.domain.tasks import TaskRecord


class AnswerRoom:
    """The bytes still free in an answer of limited size (Lambda carries 6 MB)."""

    def __init__(self, free_bytes: int) -> None:
        self._free = free_bytes
        self._lock = Lock()

    def take(self, wanted: int) -> None:
        """Books room for a result carried inline.

        Raises:
            OutputTooLarge: it doesn't fit; the room is unchanged.
        """
        with self._lock:
            if wanted > self._free:
                raise OutputTooLarge(
                    f"The result takes {wanted:,} bytes in the response and {max(self._free, 0):,} are left in it. "
                    'Ask for outputType "URL" instead, or send fewer tasks in one request.',
                    parameter="outputType",
                    allowed=("URL",),
                )
            self._free -= wanted


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the function. `deadline` is in seconds of `monotonic`.

    `hands_over`: a removal that isn't finished by the deadline goes to the queue, and so mustn't be marked as failed. `claims` are the
    tasks taken in hand so far.
    """

    tasks: int
    monotonic: Callable[[], float]
    deadline: float
    room: AnswerRoom
    way_in: WayIn = WayIn.HTTP_API
    hands_over: bool = False
    claims: dict[UUID, TaskRecord] = field(default_factory=dict)
    time: TimeShare = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "time", TimeShare(self.monotonic))

    def left_s(self) -> float:
        return self.deadline - self.monotonic()

    def check_deadline(self) -> None:
        """Ask before beginning anything.

        Raises:
            TaskTimeout: there is no time left.
        """
        if self.left_s() <= 0:
            raise TaskTimeout(
                "The task didn't finish within the time of one synchronous request. Nothing was charged; send it again."
            )

    def stage(self, meter: Meter) -> Callable[[str], AbstractContextManager[None]]:
        """For the pipeline: times each step into `meter`, and lets none begin past the deadline."""

        @contextmanager
        def timed(name: str) -> Iterator[None]:
            self.check_deadline()
            start = self.monotonic()
            try:
                yield
            finally:
                meter.add_stage(name, (self.monotonic() - start) * 1000)

        return timed
