"""`make cold-start`: from the start of the process to the first result, at the template's memory, ours and rembg's in turn.

Writes cold-start.json and cold-start.svg, and the section of docs/container.md. Fails where the budget is exceeded.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.container import charts, page
from benchmarks.container.laboratory import Laboratory, laboratory
from benchmarks.container.subjects import Ours, Rembg
from benchmarks.machine import facts
from benchmarks.speed.picture import enlarged
from local.docker.engine import DockerError, Engine, NoEngine

ROUNDS: Final = 3
INIT_BUDGET_MS: Final = 3000
"""What a start may take from files in the page cache. Lambda allows 10 s."""
SHARE_BUDGET: Final = 0.25
"""Of what rembg, as pip installs it, takes to its first result."""
SIZE_BUDGET: Final = 1 / 3
"""Of what rembg adds to its base image."""


def main() -> int:
    """Measures and writes; 1: over budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.container.cold_start", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    try:
        with laboratory() as room:
            run = measure(room, options.rounds)
    except (NoEngine, DockerError) as reason:
        print(f"{reason}\nNothing was measured.", file=sys.stderr)
        return 1
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "cold-start.json").write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    (options.out / "cold-start.svg").write_text(charts.cold_start(run), "utf-8")
    page.write("cold-start", page.cold_start(run))
    print(page.cold_start(run))
    for complaint in (complaints := over_budget(run)):
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def measure(room: Laboratory, rounds: int) -> dict[str, Any]:
    """Everything, in turn, so that whatever else the machine does falls on all."""
    picture = enlarged(1)
    memory_mib = room.stack.functions["RemoveBackgroundUpload"].memory_mib
    starts: dict[str, list[dict[str, float]]] = {}
    for number in range(rounds):
        starts.setdefault("ours", []).append(first_results(room.ours, picture, memory_mib))
        starts.setdefault("rembg, compiled in the image", []).append(first_results(room.rembg_compiled, picture, memory_mib))
        if number == 0:  # half a minute of compiling; once is enough
            starts.setdefault("rembg, as installed", []).append(first_results(room.rembg, picture, memory_mib))
        if os.geteuid() == 0:
            forget_files(room.engine, room.ours.image)
            starts.setdefault("ours, nothing in the page cache", []).append(first_results(room.ours, picture, memory_mib))
    parts = [parts_of(room.ours, memory_mib) for _ in range(rounds)]
    sizes = {name: room.size(image) for name, image in (("ours", room.ours.image), ("rembg", room.rembg.image))}
    return {
        "machine": facts(),
        "base": "AWS" if room.is_aws_base else "stand-in (Debian)",
        "memory_mib": memory_mib,
        "rounds": rounds,
        "starts": {name: {key: median(run[key] for run in runs) for key in runs[0]} for name, runs in starts.items()},
        "parts": {name: median(run[name] for run in parts) for name in parts[0]},
        "sizes": {name: {"image_bytes": size.image_bytes, "own_bytes": size.own_bytes} for name, size in sizes.items()},
    }


def first_results(subject: Ours | Rembg, picture: bytes, memory_mib: int) -> dict[str, float]:
    """A fresh container's first call, which starts the function, and its second, in ms."""
    events = [subject.prepare(picture) for _ in range(2)]
    figures = {}
    with subject.start(memory_mib) as function:
        for name, event in zip(("first_result_ms", "warm_ms"), events, strict=True):
            start = time.monotonic()
            subject.check(function.invoke(event))
            figures[name] = (time.monotonic() - start) * 1000
        return {"init_ms": function.init_ms() or 0.0} | figures


def parts_of(ours: Ours, memory_mib: int) -> dict[str, float]:
    """The start's parts one after the other, in ms."""
    script = Path(__file__).with_name("parts.py").read_bytes()
    with ours.start(memory_mib) as function:
        command = ["docker", "exec", "--interactive", "--env=PYTHONPATH=/var/task", function.name, "python", "-"]
        done = subprocess.run(command, input=script, env=ours.engine.environment, capture_output=True, check=True)
        parts: dict[str, float] = json.loads(done.stdout)
        return parts


def forget_files(engine: Engine, image: str) -> None:
    """Have the kernel drop an image's files from the page cache, and nothing else. For root, where the engine keeps layers as folders."""
    layers = json.loads(engine.run("image", "inspect", "--format={{json .GraphDriver.Data}}", image))
    folders = [*layers.get("LowerDir", "").split(":"), layers.get("UpperDir", "")]
    os.sync()
    for file in (path for folder in filter(None, folders) for path in Path(folder).rglob("*")):
        if file.is_file() and not file.is_symlink():
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def over_budget(run: dict[str, Any]) -> Sequence[str]:
    """What was promised and isn't kept."""
    ours, theirs = run["starts"]["ours"], run["starts"]["rembg, as installed"]
    sizes = run["sizes"]
    found = []
    if ours["init_ms"] > INIT_BUDGET_MS:
        found.append(f"A start takes {ours['init_ms']:.0f} ms; {INIT_BUDGET_MS} are allowed.")
    if ours["first_result_ms"] > SHARE_BUDGET * theirs["first_result_ms"]:
        found.append(f"The first result takes more than {SHARE_BUDGET:.0%} of rembg's time.")
    if sizes["ours"]["own_bytes"] > SIZE_BUDGET * sizes["rembg"]["own_bytes"]:
        found.append(f"The image adds more than {SIZE_BUDGET:.0%} of what rembg's adds to the base.")
    return found


if __name__ == "__main__":
    sys.exit(main())
