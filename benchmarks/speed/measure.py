"""Measuring: pairs of runs, ours and rembg's in turn, so that whatever else the machine does falls on both."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.speed.cases import Case
from benchmarks.speed.child import BoundExceededError, Child

SYSTEMS: Final = ("ours", "rembg")
REMBG_PYTHON: Final = Path(".venv-rembg/bin/python")
WEIGHTS: Final = Path(".models")
COLD: Final = Case(1, "plain", "png", "u2netp")
_START_S: Final = 240
"""rembg's first import on a machine compiles for the better part of a minute."""
_ONCE_IS_ENOUGH_S: Final = 15
"""A first run this slow isn't a warm-up but the measurement."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long and how much: for one run (s, MB), and for all pairs of a case."""

    threads: int
    run_s: float
    max_mb: float
    case_s: float
    pairs: int


class Contender:
    """One system at one case, in a fresh process."""

    def __init__(self, child: Child, bounds: Bounds) -> None:
        self._child, self._bounds = child, bounds
        self.runs: list[dict[str, Any]] = []
        self.failed: str | None = None

    def warm_up(self) -> None:
        """Until it's ready, and through its first run, which counts only if it is so slow that one is enough."""
        try:
            self._child.answer(_START_S)
        except BoundExceededError as why:
            self.failed = str(why)
        self.run()
        if not self._is_slow():
            self.runs.clear()

    def run(self) -> None:
        """Once more, unless it failed before or one run is enough."""
        if self.failed is None and not self._is_slow():
            try:
                self.runs.append(self._child.run(self._bounds.run_s))
            except BoundExceededError as why:
                self.failed = str(why)

    def _is_slow(self) -> bool:
        return bool(self.runs) and self.runs[0]["wall_s"] > _ONCE_IS_ENOUGH_S


def command(system: str, case: Case, source: Path, threads: int, target: Path) -> list[str | Path]:
    """The worker of that system for that case."""
    python, module = (sys.executable, "ours") if system == "ours" else (REMBG_PYTHON, "reference")
    task = (source, case.mode, case.format, case.model, WEIGHTS, str(threads), target)
    return [python, "-m", f"benchmarks.speed.{module}", *task]


def compare(case: Case, source: Path, desk: Path, bounds: Bounds) -> dict[str, Any]:
    """One case's figures: both systems in a fresh process each, then as many pairs of runs as the bounds allow."""
    with ExitStack() as stack:
        pair = [
            Contender(
                stack.enter_context(
                    Child(command(system, case, source, bounds.threads, desk / f"{system}.out"), bounds.threads, bounds.max_mb)
                ),
                bounds,
            )
            for system in SYSTEMS
        ]
        for contender in pair:
            contender.warm_up()
        started = time.monotonic()
        for number in range(bounds.pairs):
            if number and time.monotonic() - started > bounds.case_s:
                break
            for contender in pair if number % 2 == 0 else reversed(pair):
                contender.run()
    ours, rembg = pair
    return {"case": case.name, "ours": summary(ours), "rembg": summary(rembg), "faster": _faster(ours, rembg)}


def cold_start(source: Path, desk: Path, bounds: Bounds, pairs: int) -> dict[str, Any]:
    """From the start of a process to its first result of `COLD`, in turn; and once rembg's where numba has compiled nothing yet."""
    starts: dict[str, list[dict[str, Any]]] = {system: [] for system in SYSTEMS}
    for number in range(pairs):
        for system in SYSTEMS if number % 2 == 0 else reversed(SYSTEMS):
            starts[system].append(_start(system, source, desk, bounds, {}))
    with TemporaryDirectory() as empty:
        uncompiled = _start("rembg", source, desk, bounds, {"NUMBA_CACHE_DIR": empty})
    return {**{system: _middle(figures) for system, figures in starts.items()}, "rembg, numba's cache empty": uncompiled}


def _start(system: str, source: Path, desk: Path, bounds: Bounds, environment: dict[str, str]) -> dict[str, Any]:
    """Seconds from start until the model is loaded, and until the first result; or why there is none."""
    began = time.perf_counter()
    target = desk / f"{system}.out"
    with Child(command(system, COLD, source, bounds.threads, target), bounds.threads, bounds.max_mb, environment) as child:
        try:
            child.answer(_START_S)
            ready = time.perf_counter() - began
            child.run(bounds.run_s)
        except BoundExceededError as why:
            return {"failed": str(why)}
        return {"ready_s": ready, "first_result_s": time.perf_counter() - began}


def _middle(figures: Sequence[dict[str, Any]]) -> dict[str, Any]:
    failed = [figure for figure in figures if "failed" in figure]
    return failed[0] if failed else {name: median(figure[name] for figure in figures) for name in figures[0]}


def summary(contender: Contender) -> dict[str, Any]:
    """Medians over the runs, the peak of all; or why there are none."""
    if not contender.runs:
        return {"failed": contender.failed}
    runs = contender.runs
    stages = dict.fromkeys(name for run in runs for name in run["stages"])
    return {
        "runs": len(runs),
        **{name: median(run[name] for run in runs) for name in ("wall_s", "cpu_s", "output_kb")},
        "peak_mb": max(run["peak_mb"] for run in runs),
        "stages": {name: median(run["stages"].get(name, 0.0) for run in runs) for name in stages},
    }


def _faster(ours: Contender, rembg: Contender) -> float | None:
    """How many times faster: the median over pairs; of the medians where one side ran once."""
    if not ours.runs or not rembg.runs:
        return None
    if len(ours.runs) == len(rembg.runs):
        return float(median(theirs["wall_s"] / mine["wall_s"] for mine, theirs in zip(ours.runs, rembg.runs, strict=True)))
    return float(median(run["wall_s"] for run in rembg.runs) / median(run["wall_s"] for run in ours.runs))
