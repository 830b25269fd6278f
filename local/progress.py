"""A progress bar for a terminal; for a log, one line at the end."""

import sys
from typing import TextIO

_WIDTH = 30
_MEGABYTE = 1_000_000


class Progress:
    """Shows how much of a file has come. `total` is 0 where nobody knows."""

    def __init__(self, label: str, total: int, out: TextIO = sys.stderr) -> None:
        self._label = label
        self._total = total
        self._out = out
        self._shown = -1

    def show(self, done: int) -> None:
        """Redraws the bar where it has moved."""
        step = done * _WIDTH // self._total if self._total else done // (10 * _MEGABYTE)
        if self._out.isatty() and step != self._shown:
            self._shown = step
            bar = f"[{'█' * step:{_WIDTH}}] of {self._total / _MEGABYTE:.1f} MB" if self._total else ""
            print(f"\r{self._label} {done / _MEGABYTE:6.1f} MB {bar}", end="", file=self._out, flush=True)

    def finish(self, done: int) -> None:
        """Ends the bar, or writes the one line."""
        self.show(done)
        print("" if self._out.isatty() else f"{self._label} {done / _MEGABYTE:.1f} MB", file=self._out)
