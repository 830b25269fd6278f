"""`make quality`: ours against rembg on pictures with known truth. Prints tables; writes quality.json, quality.md and quality-worst.png."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from benchmarks.machine import facts
from benchmarks.quality import ours
from benchmarks.quality.cutouts import Cutouts
from benchmarks.quality.judge import judge_all
from benchmarks.quality.peer import Peer
from benchmarks.quality.report import tables
from benchmarks.quality.sheet import draw_sheet
from benchmarks.quality.truth import KINDS, Scene, make_scene, network_output
from benchmarks.quality.variants import DECONTAMINATED, MODES, VARIANTS, Mode
from benchmarks.quality.worst import worst_cases
from cutout.adapters.onnx import OnnxModels

WEIGHTS: Final = Path(".models")


def main() -> None:
    """Runs it all: some seconds a picture on two cores."""
    arguments = _arguments()
    scenes, cutouts = _cut_out_all(arguments.samples, arguments.seed, arguments.model)
    results = judge_all(scenes, cutouts)
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(text := tables(results))
    (arguments.out / "quality.md").write_text(text + "\n", "utf-8")
    run = {"machine": facts(), "model": arguments.model, "results": [asdict(result) for result in results]}
    (arguments.out / "quality.json").write_text(json.dumps(run, indent=1) + "\n", "utf-8")
    draw_sheet(worst_cases(scenes, cutouts, results, arguments.worst)).save(arguments.out / "quality-worst.png")
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
    cutouts: dict[tuple[str, Mode, str, str], bytes] = {}
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


if __name__ == "__main__":
    main()
