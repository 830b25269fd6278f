"""A child process under watch: it may take so long and so much memory, no more."""

import json
import os
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

_LOOK_S: Final = 0.05
_DOCKERFILE: Final = Path("functions/remove_background/Dockerfile")


def image_heap() -> dict[str, str]:
    """The heap's settings in our image. Everybody is measured with them: fresh memory is dear, and ours alone would gain by them."""
    (line,) = (line for line in _DOCKERFILE.read_text("utf-8").splitlines() if line.startswith("ENV MALLOC_"))
    return dict(setting.split("=", 1) for setting in line.removeprefix("ENV ").split())


class BoundExceededError(Exception):
    """The child was ended, or ended itself; the message says in a few words why."""


class Child:
    """One fresh process, asked for one run at a time. It has our cores and our image's heap.

    The libraries' own thread pools are as large as `threads`.
    """

    def __init__(
        self, command: Sequence[str | Path], threads: int, max_mb: float, environment: Mapping[str, str] | None = None
    ) -> None:
        pinned = {
            name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        }
        self._max_mb = max_mb
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **pinned, **image_heap(), **(environment or {})},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, timeout_s: float) -> dict[str, Any]:
        """One run's figures.

        Raises:
            BoundExceededError: it took too long or too much memory, or failed.
        """
        assert self._process.stdin is not None  # noqa: S101 - opened as a pipe
        self._process.stdin.write(b"go\n")
        self._process.stdin.flush()
        return self.answer(timeout_s)

    def answer(self, timeout_s: float) -> dict[str, Any]:
        """The next line it prints, as JSON: the first says that it is ready."""
        assert self._process.stdout is not None  # noqa: S101 - opened as a pipe
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if select.select([self._process.stdout], [], [], _LOOK_S)[0]:
                line = self._process.stdout.readline()
                if not line:
                    raise BoundExceededError(self._last_words())
                answer: dict[str, Any] = json.loads(line)
                return answer
            if self._resident_mb() > self._max_mb:
                self._process.kill()
                raise BoundExceededError(f"over {self._max_mb / 1000:.0f} GB")
        self._process.kill()
        raise BoundExceededError(f"over {timeout_s:.0f} s")

    def _resident_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/statm")
        try:
            return int(status.read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        except (FileNotFoundError, ProcessLookupError, IndexError):
            return 0.0

    def _last_words(self) -> str:
        _, errors = self._process.communicate()
        lines = errors.decode(errors="replace").strip().splitlines()
        if self._process.returncode < 0:
            return f"killed by signal {-self._process.returncode}"
        return lines[-1][:100] if lines else f"ended with status {self._process.returncode}"
