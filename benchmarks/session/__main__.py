"""Prints a table: each option of a session against those that are shipped, in turn, in processes of their own.

Run it on the processor's share that is asked about: with one core, or under a quota as Lambda sets one.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.machine import described, facts, memory_mb
from benchmarks.session.options import CHANGES, SHIPPED
from benchmarks.speed.child import BoundExceededError, Child
from cutout.adapters.weights import weights_path
from cutout.imaging.models import Precision

_WEIGHTS: Final = Path(".models")
_TIMEOUT_S: Final = 60

Runs = list[dict[str, Any]]


def main() -> None:
    """The command."""
    arguments = _arguments()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.cores])  # the children inherit it
    path = weights_path(_WEIGHTS, arguments.model, arguments.precision)
    command = [sys.executable, "-m", "benchmarks.session.worker", path, arguments.precision, str(arguments.threads)]
    print(f"{path.name}, {arguments.threads} threads on {arguments.cores} cores; {described(facts())}\n")
    print("| option | time | against shipped | CPU time | against shipped | load | peak MB |\n|---|--:|--:|--:|--:|--:|--:|")
    for change in arguments.options:
        try:
            shipped, changed = compare([*command, SHIPPED], [*command, change], arguments.threads, arguments.pairs)
        except BoundExceededError as why:
            print(f"| {change} | {why} |||||", flush=True)
        else:
            print(f"| {change} | {_row(shipped, changed)} |", flush=True)


def compare(one: Sequence[str | Path], other: Sequence[str | Path], threads: int, pairs: int) -> tuple[Runs, Runs]:
    """Runs of two workers in turn, after one of each that isn't counted.

    Raises:
        BoundExceededError: one of them failed.
    """
    runs: tuple[Runs, Runs] = [], []
    with ExitStack() as stack:
        children = [stack.enter_context(Child(command, threads, memory_mb())) for command in (one, other)]
        for child in children:
            child.answer(_TIMEOUT_S)
            child.run(_TIMEOUT_S)
        for number in range(pairs):
            for which in (0, 1) if number % 2 == 0 else (1, 0):
                runs[which].append(children[which].run(_TIMEOUT_S))
    return runs


def _row(shipped: Runs, changed: Runs) -> str:
    wall, wall_ratio = _compared(shipped, changed, lambda run: float(run["stages"]["network"]))
    cpu, cpu_ratio = _compared(shipped, changed, lambda run: float(run["cpu_s"]))
    load, peak = changed[0]["stages"]["load"], max(run["peak_mb"] for run in changed)
    return f"{wall * 1000:.0f} ms | {wall_ratio:.2f} | {cpu * 1000:.0f} ms | {cpu_ratio:.2f} | {load * 1000:.0f} ms | {peak:.0f}"


def _compared(shipped: Runs, changed: Runs, figure: Any) -> tuple[float, float]:
    """The median, and the median of the pairs' ratios."""
    ratios = [figure(after) / figure(before) for before, after in zip(shipped, changed, strict=True)]
    return median(map(figure, changed)), median(ratios)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.session", description=__doc__)
    parser.add_argument("--model", default="u2netp")
    parser.add_argument("--precision", type=Precision, default=Precision.INT8, choices=list(Precision))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--options", nargs="*", default=list(CHANGES), choices=list(CHANGES), metavar="OPTION")
    return parser.parse_args()


if __name__ == "__main__":
    main()
