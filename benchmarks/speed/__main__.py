"""`make bench`: time, CPU and memory of ours and of rembg. Prints tables; writes speed.json and speed.svg."""

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.machine import facts, memory_mb
from benchmarks.speed import tables
from benchmarks.speed.cases import DEFAULT, Case, choose
from benchmarks.speed.measure import COLD, Bounds, cold_start, compare
from benchmarks.speed.picture import enlarged
from benchmarks.speed.plot import draw


def main() -> None:
    """Runs the cases, smallest first in the order of their list."""
    arguments = _arguments()
    cases = choose(arguments.cases) if arguments.cases else DEFAULT
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])  # the children inherit it
    bounds = Bounds(arguments.threads, arguments.run_seconds, 0.6 * memory_mb(), arguments.case_seconds, arguments.pairs)
    run: dict[str, Any] = {"machine": facts(), "threads": arguments.threads, "cases": []}
    with TemporaryDirectory() as folder:
        desk = Path(folder)
        for case in cases:
            run["cases"].append(compare(case, _source(case, desk), desk, bounds))
            print(f"{case.name}: {_line(run['cases'][-1])}", flush=True)
            _write(run, arguments.out)
        if not arguments.cases or arguments.cold:
            run["cold_start"] = cold_start(_source(COLD, desk), desk, bounds, pairs=3)
    _write(run, arguments.out)
    print(f"\n{tables.everything(run)}\n\nWritten: {arguments.out}/speed.json, speed.svg")


def _write(run: dict[str, Any], out: Path) -> None:
    """After each case, so that an hour's run cut short is not lost."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "speed.json").write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    (out / "speed.svg").write_text(draw(run["cases"]), "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("cases", nargs="*", help="words of the cases' names, like 12mp-plain or matting; all: every combination")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=7, help="at most so many runs of each system in a case")
    parser.add_argument("--case-seconds", type=float, default=12, help="no new pair of a case begins after that")
    parser.add_argument("--run-seconds", type=float, default=180, help="one run may take so long")
    parser.add_argument("--cold", action="store_true", help="measure the cold start too: always where no case is named")
    parser.add_argument("--out", type=Path, default=Path(".local/benchmarks"))
    return parser.parse_args()


def _source(case: Case, desk: Path) -> Path:
    path = desk / f"{case.megapixels}.jpg"
    if not path.is_file():
        path.write_bytes(enlarged(case.megapixels))
    return path


def _line(figures: dict[str, Any]) -> str:
    ours, rembg = (
        (f"{side['wall_s']:.3f} s" if "wall_s" in side else side["failed"]) for side in (figures["ours"], figures["rembg"])
    )
    return f"ours {ours}, rembg {rembg}"


if __name__ == "__main__":
    main()
