"""The processes started here. They end with this one, also when it is killed without a word.

A guardian process learns of each child through a pipe whose other end only this process holds. When that end closes, for whatever
reason, the guardian ends the children that are left.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Final, Self

GRACE_S: Final = 5.0
"""How long a child has to end by itself after SIGTERM: the embedded AWS saves its state in that time."""

# Runs by itself (`python -c`), so that a child is guarded before anything else is imported.
_GUARDIAN: Final = """
import os, signal, sys, time
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
children = set()
for line in sys.stdin:
    child = int(line)
    children.add(child) if child > 0 else children.discard(-child)
def send(number):
    for child in list(children):
        try:
            os.killpg(child, number)
        except ProcessLookupError:
            children.discard(child)
send(signal.SIGTERM)
end = time.monotonic() + float(sys.argv[1])
while children and time.monotonic() < end:
    time.sleep(0.05)
    send(0)
send(signal.SIGKILL)
"""


class Stopping(Exception):
    """The end has begun: no process is started any more."""


class Children:
    """Starts processes, each in a process group of its own, and ends all of them at the end of the `with` block."""

    def __init__(self, held: IO[str] | None = None) -> None:
        """`held`: a locked file. The guardian holds it too, until the last child has ended."""
        self._lock = Lock()
        self._alive: dict[int, subprocess.Popen[bytes]] = {}
        self._closed = False
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _GUARDIAN, str(GRACE_S)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
            pass_fds=[held.fileno()] if held else [],
        )

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path | None = None,
        output: IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a process with this environment and no other. `output` takes its stdout and stderr.

        Raises:
            Stopping: too late.
        """
        with self._lock:
            if self._closed:
                raise Stopping
            child = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                start_new_session=True,
            )
            self._alive[child.pid] = child
            self._tell(child.pid)
        return child

    def kill(self, child: subprocess.Popen[bytes]) -> None:
        """End a process and what it started, at once, as Lambda does."""
        self._end(child, signal.SIGKILL)

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        """Ask a process to end, wait until it has, and insist after GRACE_S."""
        self._end(child, signal.SIGTERM)

    def _end(self, child: subprocess.Popen[bytes], number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        with self._lock:
            if self._alive.pop(child.pid, None):
                self._tell(-child.pid)

    def _tell(self, number: int) -> None:
        assert self._guardian.stdin is not None  # noqa: S101 - it was started with a pipe
        # A guardian that somebody killed guards nothing, but what it guarded can still be ended in the ordinary way.
        with contextlib.suppress(BrokenPipeError):
            self._guardian.stdin.write(f"{number}\n")
            self._guardian.stdin.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._closed = True
            left = list(self._alive.values())
        for child in reversed(left):
            self.stop(child)
        assert self._guardian.stdin is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):
            self._guardian.stdin.close()
        self._guardian.wait()
