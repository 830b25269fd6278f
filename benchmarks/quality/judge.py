"""Every cutout against its picture's truth, on all cores: the metrics take as long as the cutouts."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.quality import metrics
from benchmarks.quality.cutouts import Cutouts, read_cutout
from benchmarks.quality.report import Result
from benchmarks.quality.truth import Scene


def judge_all(scenes: Sequence[Scene], cutouts: Cutouts) -> list[Result]:
    """In the order of the scenes."""
    theirs = [{key: png for key, png in cutouts.items() if key[0] == scene.name} for scene in scenes]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("forkserver")) as pool:
        return [result for results in pool.map(judge, scenes, theirs) for result in results]


def judge(scene: Scene, cutouts: Cutouts) -> list[Result]:
    """The cutouts of one scene."""
    return [
        Result(name, scene.edges, mode, system, variant, metrics.judge(*read_cutout(png), scene.foreground, scene.alpha))
        for (name, mode, system, variant), png in cutouts.items()
    ]
