"""The figures as Markdown: `python -m benchmarks.speed.tables FILE.json` prints README's table and the stages."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import described

STAGES: Final = ("decode", "segment", "network", "mask", "trimap", "matting", "foreground", "composite", "encode")
_NOTHING: Final = "-"
_MODE_NAMES: Final = {"plain": "plain", "postprocess": "postProcessMask", "matting": "alphaMatting"}

Run = Mapping[str, Any]
"""What `make bench` writes."""


def overview(run: Run) -> str:
    """A row for each case."""
    rows = [
        "| picture | options | to | model | ours | rembg | faster | CPU s, ours / rembg | peak MB, ours / rembg | kB, ours / rembg |",
        "|--:|---|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for case in run["cases"]:
        size, mode, kind, model = case["case"].split("-", 3)
        ours, rembg = case["ours"], case["rembg"]
        faster = f"**{_times(case['faster'])}**" if case["faster"] else _NOTHING
        pairs = [
            f"{_figure(ours, name, form)} / {_figure(rembg, name, form)}"
            for name, form in (("cpu_s", "{:.2f}"), ("peak_mb", "{:,.0f}"), ("output_kb", "{:,.0f}"))
        ]
        cells = [size.replace("mp", " MP"), _MODE_NAMES[mode], kind.upper(), model, _wall(ours), _wall(rembg), faster, *pairs]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def stages(run: Run) -> str:
    """Where the time goes, in ms, ours / rembg, for PNG with each size, mode and model."""
    rows = ["| ms, ours / rembg | " + " | ".join(STAGES) + " |", "|---" + "|--:" * len(STAGES) + "|"]
    for case in run["cases"]:
        name, kind = case["case"], case["case"].split("-")[2]
        if kind == "png":
            cells = [f"{_stage(case['ours'], stage)} / {_stage(case['rembg'], stage)}" for stage in STAGES]
            rows.append(f"| {name.replace('-png', '')} | " + " | ".join(cells).replace(f"{_NOTHING} / {_NOTHING}", "") + " |")
    return "\n".join(rows)


def cold_start(run: Run) -> str:
    """From the start of the process."""
    rows = ["| process start, 1 MP | to model loaded | to first result |", "|---|--:|--:|"]
    for who, times in run["cold_start"].items():
        cells = (
            [str(times["failed"])] * 2 if "failed" in times else [f"{times[name]:.2f} s" for name in ("ready_s", "first_result_s")]
        )
        rows.append(f"| {who} | {' | '.join(cells)} |")
    return "\n".join(rows)


def everything(run: Run) -> str:
    """All tables, and what machine they are of."""
    parts = [described(run["machine"]), overview(run), stages(run)]
    return "\n\n".join(parts + ([cold_start(run)] if run.get("cold_start") else []))


def _wall(figures: Run) -> str:
    if "failed" in figures:
        return str(figures["failed"])
    return f"{figures['wall_s'] * 1000:,.0f} ms" if figures["wall_s"] < 10 else f"{figures['wall_s']:,.1f} s"


def _figure(figures: Run, name: str, form: str) -> str:
    return form.format(figures[name]) if name in figures else _NOTHING


def _stage(figures: Run, stage: str) -> str:
    seconds = figures.get("stages", {}).get(stage)
    return _NOTHING if seconds is None else f"{seconds * 1000:,.0f}"


def _times(ratio: float) -> str:
    return f"{ratio:.1f}x" if ratio < 10 else f"{ratio:.0f}x"


def main(arguments: Sequence[str]) -> None:
    """Prints the tables of a file that `make bench` wrote."""
    print(everything(json.loads(Path(arguments[0]).read_text("utf-8"))))


if __name__ == "__main__":
    main(sys.argv[1:])
