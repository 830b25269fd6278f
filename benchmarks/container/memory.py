"""`make memory`: time, price and memory of an image at several sizes of the function, ours and rembg's.

Writes memory.json and memory.svg, and the section of docs/container.md.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from benchmarks.container import charts, page
from benchmarks.container.laboratory import laboratory
from benchmarks.container.subjects import NotDone, Ours, Rembg
from benchmarks.machine import facts
from benchmarks.speed.picture import enlarged
from cutout.domain.prices import load_price_book, tariff
from local.docker.container import Container
from local.docker.engine import DockerError, NoEngine
from local.rie import EmulatorError

SIZES_MIB: Final = (512, 1024, 1769, 2560, 3008)
REMBG_SIZES_MIB: Final = (1769, 3008)
MEGAPIXELS: Final = (1, 4, 12)
LARGEST_MP: Final = 50
"""The template's MaxInputPixels."""
REGION: Final = "us-east-1"
DEARER: Final = 1.2
"""The recommended size is the fastest whose price is at most so many times the least."""


def main() -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.container.memory", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES_MIB, metavar="MIB")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    pictures = {megapixels: enlarged(megapixels) for megapixels in MEGAPIXELS}
    try:
        with laboratory() as room:
            run: dict[str, Any] = {
                "machine": facts(),
                "base": "AWS" if room.is_aws_base else "stand-in (Debian)",
                "default_mib": room.stack.functions["RemoveBackgroundUpload"].memory_mib,
                "ours": list(measure(room.ours, options.sizes, pictures)),
                "largest": list(largest(room.ours, options.sizes, enlarged(LARGEST_MP))),
                "rembg": list(measure(room.rembg_compiled, REMBG_SIZES_MIB, pictures)),
            }
    except (NoEngine, DockerError) as reason:
        print(f"{reason}\nNothing was measured.", file=sys.stderr)
        return 1
    run["recommended_mib"] = recommended(run["ours"], run["largest"])
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "memory.json").write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    (options.out / "memory.svg").write_text(charts.memory(run), "utf-8")
    page.write("memory", page.memory(run))
    print(page.memory(run))
    return 0


def measure(subject: Ours | Rembg, sizes_mib: Iterable[int], pictures: dict[int, bytes]) -> Iterable[dict[str, Any]]:
    """A row for each size and picture; a fresh container for each size, warmed up by a small picture."""
    for memory_mib in sizes_mib:
        with subject.start(memory_mib) as function:
            start = time.monotonic()
            function.invoke(subject.prepare(pictures[1]))
            start_ms = (time.monotonic() - start) * 1000
            for megapixels, picture in pictures.items():
                row = {"memory_mib": memory_mib, "megapixels": megapixels, "start_ms": start_ms}
                row |= _times(subject, function, picture)
                print(f"{subject.image} {row}", file=sys.stderr, flush=True)
                yield row


def largest(subject: Ours, sizes_mib: Iterable[int], picture: bytes) -> Iterable[dict[str, Any]]:
    """The largest picture that is accepted, with alpha matting, once: what takes the most memory there is."""
    for memory_mib in sizes_mib:
        with subject.start(memory_mib) as function:
            row: dict[str, Any] = {"memory_mib": memory_mib}
            try:
                row |= {"ms": _call(subject, function, picture, matting=True), "peak_mb": peak_mb(function)}
            except (NotDone, EmulatorError, DockerError) as failure:
                row["failed"] = "out of memory" if "killed" in f"{failure}{function.log()[-3000:]}" else "out of time"
            print(f"{LARGEST_MP} MP {row}", file=sys.stderr, flush=True)
            yield row


def _times(subject: Ours | Rembg, function: Container, picture: bytes) -> dict[str, Any]:
    try:
        milliseconds = min(_call(subject, function, picture) for _ in range(2))
    except (NotDone, EmulatorError) as failure:
        return {"failed": "out of memory" if "killed" in f"{failure}{function.log()[-3000:]}" else "out of time"}
    return {
        "ms": milliseconds,
        "peak_mb": peak_mb(function),
        "per_thousand": per_thousand(milliseconds, function.settings.memory_mib),
    }


def _call(subject: Ours | Rembg, function: Container, picture: bytes, *, matting: bool = False) -> float:
    event = subject.prepare(picture, matting=matting)
    start = time.monotonic()
    subject.check(function.invoke(event))
    return (time.monotonic() - start) * 1000


def peak_mb(function: Container) -> float:
    """The most that the function's process has held so far."""
    script = "for status in /proc/[0-9]*/status; do grep VmHWM $status; done"
    found = function.engine.run("exec", function.name, "sh", "-c", script)
    return max(int(kilobytes) for kilobytes in re.findall(r"(\d+) kB", found)) * 1024 / 1e6


def per_thousand(milliseconds: float, memory_mib: int) -> float:
    """US dollars for a thousand images: the function's time and its requests, at x86-64's price."""
    prices = tariff(load_price_book(), region=REGION, architecture="x86_64", memory_mib=memory_mib)
    request = Decimal(load_price_book()["regions"][REGION]["lambda_request"])
    return float(1000 * (prices.compute(-int(-milliseconds // 1)).dollars + request))


def recommended(rows: Sequence[dict[str, Any]], most: Sequence[dict[str, Any]]) -> int:
    """The size for pictures of all sizes: all are done, `most` (the largest) among them, at little more than the least price for that, in
    the least time.
    """
    sizes: set[int] = {row["memory_mib"] for row in rows} - {row["memory_mib"] for row in (*rows, *most) if "failed" in row}
    price: dict[int, float] = {size: sum(row["per_thousand"] for row in rows if row["memory_mib"] == size) for size in sizes}
    wall: dict[int, float] = {size: sum(row["ms"] for row in rows if row["memory_mib"] == size) for size in sizes}
    return min((size for size in sizes if price[size] <= DEARER * min(price.values())), key=lambda size: wall[size])


if __name__ == "__main__":
    sys.exit(main())
