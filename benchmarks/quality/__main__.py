"""`make quality`: ours against rembg on pictures with known truth. Prints tables; writes quality.json, quality.md and quality-worst.png."""

import argparse
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from PIL import Image

from benchmarks.machine import facts
from benchmarks.quality import metrics, ours
from benchmarks.quality.peer import Peer
from benchmarks.quality.report import Result, tables
from benchmarks.quality.sheet import Case, draw_sheet
from benchmarks.quality.truth import KINDS, Scene, make_scene, network_output
from benchmarks.quality.variants import DECONTAMINATED, MODES, VARIANTS, Mode
from cutout.adapters.onnx import OnnxModels

WEIGHTS: Final = Path(".models")
GREEN: Final = metrics.BACKGROUNDS["green"]

Cutouts = dict[tuple[str, Mode, str, str], bytes]
"""PNG files by picture, mode, system and variant."""


def main() -> None:
    """Runs it all: some seconds a picture on two cores."""
    arguments = _arguments()
    scenes, cutouts = _cut_out_all(arguments.samples, arguments.seed, arguments.model)
    results = _judge_all(scenes, cutouts)
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(text := tables(results))
    (arguments.out / "quality.md").write_text(text + "\n", "utf-8")
    run = {"machine": facts(), "model": arguments.model, "results": [asdict(result) for result in results]}
    (arguments.out / "quality.json").write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    worst = _worst(scenes, cutouts, results, arguments.worst)
    draw_sheet(worst).save(arguments.out / "quality-worst.png")
    print(f"\nWritten: {arguments.out}/quality.md, quality.json, quality-worst.png")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--samples", type=int, default=27, help=f"how many pictures: {len(KINDS)} kinds in turn")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other pictures of the same kinds")
    parser.add_argument("--model", default="u2netp")
    parser.add_argument("--worst", type=int, default=10, help="rows of the sheet of worst cases")
    parser.add_argument("--out", type=Path, default=Path(".local/benchmarks"))
    return parser.parse_args()


def _cut_out_all(samples: int, seed: int, model: str) -> tuple[list[Scene], Cutouts]:
    """Every picture by every system, mode and variant; rembg works on one picture while we make and cut out the next."""
    network = OnnxModels(WEIGHTS, threads=1).network(model)
    scenes: list[Scene] = []
    cutouts: Cutouts = {}
    kinds = list(KINDS)
    with TemporaryDirectory() as folder, Peer(model, WEIGHTS, desk := Path(folder)) as rembg:
        for number in range(samples):
            scene = make_scene(kinds[number % len(kinds)], 1000 * seed + number // len(kinds))
            mask = network_output(scene.alpha, np.random.default_rng([seed, number]))
            (desk / f"{scene.name}.jpg").write_bytes(scene.source)
            np.save(desk / f"{scene.name}.npy", mask)
            rembg.order(scene.name)
            for mode, seeing in zip(MODES, (network, ours.given(mask, model)), strict=True):
                for variant in VARIANTS:
                    cutouts[scene.name, mode, "ours", variant.name] = ours.cut_out(scene.source, seeing, variant)
            scenes.append(scene)
            print(f"{number + 1} of {samples}: {scene.name}", flush=True)
        rembg.finish()
        for scene in scenes:
            for mode in MODES:
                for variant in (*VARIANTS, DECONTAMINATED):
                    cutouts[scene.name, mode, "rembg", variant.name] = rembg.cutout(scene.name, mode, variant)
    return scenes, cutouts


def _judge_all(scenes: Sequence[Scene], cutouts: Cutouts) -> list[Result]:
    truths = {scene.name: scene for scene in scenes}
    results = []
    for (name, mode, system, variant), png in cutouts.items():
        scene, (colour, alpha) = truths[name], ours.read_cutout(png)
        judged = metrics.judge(colour, alpha, scene.foreground, scene.alpha)
        results.append(Result(name, scene.edges, mode, system, variant, judged))
    return results


def _worst(scenes: Sequence[Scene], cutouts: Cutouts, results: Sequence[Result], count: int) -> list[Case]:
    """The pictures on which we look worst over green, at most one for each picture and mode."""
    truths = {scene.name: scene for scene in scenes}
    cases: dict[tuple[str, str], Case] = {}
    by_error = sorted((result for result in results if result.system == "ours"), key=lambda result: -result.metrics["over green"])
    errors = {(result.picture, result.mode, result.system, result.variant): result.metrics["over green"] for result in results}
    for result in by_error:
        name, mode, variant = result.picture, result.mode, result.variant
        if (name, mode) in cases or len(cases) == count:
            continue
        scene = truths[name]
        over = {
            system: metrics.over(*ours.read_cutout(cutouts[name, mode, system, variant]), GREEN) for system in ("ours", "rembg")
        }
        pair = ", ".join(f"{system} {errors[name, mode, system, variant]:.2f}" for system in ("ours", "rembg"))
        picture = np.asarray(Image.open(io.BytesIO(scene.source)), np.float32)
        true = metrics.over(scene.foreground, scene.alpha, GREEN)
        cases[name, mode] = Case(f"{name} {mode} {variant}: {pair}", picture, true, over["ours"], over["rembg"])
    return list(cases.values())


if __name__ == "__main__":
    main()
