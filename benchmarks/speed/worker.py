"""The child's side, alike for both systems: waits for "go" on stdin, cuts out once, answers with a line of JSON.

Imports nothing but the standard library, since it runs in either environment.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO


class Stopwatch:
    """Adds up seconds by stage. A stage inside another is taken out of the outer one, so that the sum is the whole."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._inner = [0.0]

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times the block."""
        start = time.perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            total = time.perf_counter() - start
            self.seconds[name] = self.seconds.get(name, 0.0) + total - self._inner.pop()
            self._inner[-1] += total


def serve(cut_out: Callable[[Stopwatch], bytes], target: Path) -> None:
    """Answers every line on stdin with one run's figures; the last cutout stays in `target`."""
    answers = _stdout_for_answers_only()
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for _line in sys.stdin:
        watch = Stopwatch()
        wall, cpu = time.perf_counter(), time.process_time()
        encoded = cut_out(watch)
        answer = {
            "wall_s": time.perf_counter() - wall,
            "cpu_s": time.process_time() - cpu,
            "peak_mb": peak_mb(),
            "output_kb": len(encoded) / 1000,
            "stages": watch.seconds,
        }
        target.write_bytes(encoded)
        del encoded
        print(json.dumps(answer), file=answers, flush=True)


def _stdout_for_answers_only() -> TextIO:
    """The parent's pipe; what libraries print goes to stderr from here on."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def peak_mb() -> float:
    """The most memory this program has held. (getrusage also counts what its parent held when it forked.)"""
    status = Path("/proc/self/status").read_text("ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / 1e6
