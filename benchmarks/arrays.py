"""Arrays of tasks: how much their transfers overlap with the computing, and what memory that takes.

    python -m benchmarks.arrays

The real service and network; the stores are in memory and as far away as S3 and DynamoDB are from a function in their region: each call
takes a while, and each megabyte some more. Beside what is shipped, the same with one task at a time. Fresh processes, in turn; medians.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final
from uuid import uuid4

from benchmarks.machine import described, facts
from benchmarks.speed.picture import enlarged
from cutout.adapters.onnx import OnnxModels
from cutout.domain.metering import Meter
from cutout.domain.tasks import ImageUrl
from cutout.imaging.engine import CutoutEngine
from cutout.service.outcomes import Completed
from tests.fakes.stores import MemoryObjectStore
from tests.fakes.world import WebOfOne, World, removal

ARRAYS: Final = (1, 10, 100)
PAIRS: Final = 3
MEGAPIXELS: Final = 1
CALL_S: Final = 0.020
"""A first byte from S3 within the region: https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html has 100-200 ms
for small objects as an upper bound; a web server elsewhere takes longer."""
SECONDS_PER_BYTE: Final = 1 / 60e6
"""A function of 3,008 MiB has some 600 Mbit/s."""


@dataclass(frozen=True, slots=True)
class FarStore(MemoryObjectStore):
    """An object store that is a network away."""

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str], meter: Meter) -> None:
        time.sleep(CALL_S + len(content) * SECONDS_PER_BYTE)
        MemoryObjectStore.put(self, key, content, content_type, metadata, meter)


@dataclass
class FarWeb(WebOfOne):
    """A web server that is a network away."""

    content: bytes = field(default_factory=lambda: enlarged(MEGAPIXELS))

    def get(self, url: str, *, max_bytes: int, deadline: float) -> bytes:  # noqa: ARG002 (the port's)
        time.sleep(3 * CALL_S + len(self.content) * SECONDS_PER_BYTE)
        return self.content


def run(tasks: int, threads: int) -> dict[str, float]:
    """One array, after a task that isn't counted."""
    from dataclasses import replace
    from threading import Lock

    world = World(objects=FarStore(), web=FarWeb())
    engine = CutoutEngine(OnnxModels(Path(".models")).network)
    performer = world.submissions.performer
    removals = replace(performer.removals, engine=engine, turn=Lock())
    world.submissions = replace(
        world.submissions, performer=replace(performer, removals=removals), threads=threads, patience_s=3600.0
    )
    world.submit(removal(ImageUrl("https://a.example/")))
    requests = [removal(ImageUrl(f"https://a.example/{uuid4()}")) for _ in range(tasks)]
    start = time.monotonic()
    outcomes = world.submit(*requests)
    seconds = time.monotonic() - start
    if not all(isinstance(outcome, Completed) and outcome.record.image for outcome in outcomes):
        raise SystemExit("A task failed.")
    return {"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """The command; with two numbers, one run of it."""
    if len(sys.argv) > 1:
        print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]))))
        return
    print(f"Arrays of {MEGAPIXELS} MP photographs by URL; {described(facts())}\n")
    print("| tasks | one at a time | four | ratio | s a task | peak MB, one | four |\n|--:|--:|--:|--:|--:|--:|--:|")
    for tasks in ARRAYS:
        runs: dict[int, list[dict[str, Any]]] = {1: [], 4: []}
        for number in range(PAIRS if tasks < ARRAYS[-1] else 1):
            for threads in (1, 4) if number % 2 == 0 else (4, 1):
                command = [sys.executable, "-m", "benchmarks.arrays", str(tasks), str(threads)]
                done = subprocess.run(
                    command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"}
                )
                runs[threads].append(json.loads(done.stdout.splitlines()[-1]))
        one, four = ({name: median(run[name] for run in runs[threads]) for name in ("seconds", "peak_mb")} for threads in (1, 4))
        print(
            f"| {tasks} | {one['seconds']:.2f} s | {four['seconds']:.2f} s | {one['seconds'] / four['seconds']:.2f} "
            f"| {four['seconds'] / tasks:.3f} | {one['peak_mb']:.0f} | {four['peak_mb']:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
