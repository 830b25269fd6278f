"""Which cutouts of ours to look at."""

import io
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from PIL import Image

from benchmarks.quality import metrics
from benchmarks.quality.cutouts import Cutouts, read_cutout
from benchmarks.quality.report import Result
from benchmarks.quality.sheet import Case
from benchmarks.quality.truth import Scene
from benchmarks.quality.variants import Mode

GREEN: Final = metrics.BACKGROUNDS["green"]


def worst_cases(scenes: Sequence[Scene], cutouts: Cutouts, results: Sequence[Result], count: int) -> list[Case]:
    """Half where we look worst over green, half where we lose most against rembg; each picture once in each mode."""
    errors = {(result.picture, result.mode, result.system, result.variant): result.metrics["over green"] for result in results}
    mine = [result for result in results if result.system == "ours"]

    def error(result: Result) -> float:
        return -errors[result.picture, result.mode, "ours", result.variant]

    def loss(result: Result) -> float:
        return error(result) + errors[result.picture, result.mode, "rembg", result.variant]

    chosen: dict[tuple[str, str], Result] = {}
    for order, enough in ((error, count - count // 2), (loss, count)):
        for result in sorted(mine, key=order):
            if len(chosen) < enough:
                chosen.setdefault((result.picture, result.mode), result)
    truths = {scene.name: scene for scene in scenes}
    return [_case(truths[result.picture], cutouts, result, errors) for result in chosen.values()]


def _case(scene: Scene, cutouts: Cutouts, result: Result, errors: Mapping[tuple[str, Mode, str, str], float]) -> Case:
    name, mode, variant = result.picture, result.mode, result.variant
    pair = {system: read_cutout(cutouts[name, mode, system, variant]) for system in ("ours", "rembg")}
    figures = ", ".join(f"{system} {errors[name, mode, system, variant]:.2f}" for system in pair)
    return Case(
        f"{name} {mode} {variant}: {figures}",
        picture=np.asarray(Image.open(io.BytesIO(scene.source)), np.float32),
        true=metrics.over(scene.foreground, scene.alpha, GREEN),
        ours=metrics.over(*pair["ours"], GREEN),
        rembgs=metrics.over(*pair["rembg"], GREEN),
        error=np.abs(pair["ours"][1] - scene.alpha),
    )
