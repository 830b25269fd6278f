"""Our side: `python -m benchmarks.speed.ours SOURCE MODE FORMAT MODEL WEIGHTS THREADS TARGET`."""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.worker import Stopwatch, serve
from cutout.adapters.onnx import OnnxModels
from cutout.domain.removal import ImageFormat, InputLimits, MattingThresholds, OutputSettings, RemovalSettings
from cutout.imaging.engine import CutoutEngine
from cutout.imaging.models import ModelSpec, Network
from cutout.imaging.pipeline import remove_background

LIMITS = InputLimits(max_bytes=100_000_000, max_pixels=100_000_000)


class TimedNetwork:
    """A network that says how long it took."""

    def __init__(self, network: Network, watch: Stopwatch) -> None:
        self._network, self._watch = network, watch

    @property
    def spec(self) -> ModelSpec:
        """The network's own."""
        return self._network.spec

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's own, timed."""
        with self._watch.stage("network"):
            return self._network.infer(batch)


def main(source: Path, mode: str, kind: str, model: str, weights: Path, threads: int, target: Path) -> None:
    """Serves one case."""
    network = OnnxModels(weights, threads).network(model)
    settings = RemovalSettings(
        model, post_process_mask=mode == "postprocess", matting=MattingThresholds() if mode == "matting" else None
    )
    output = OutputSettings(ImageFormat(kind.upper()))
    encoded = source.read_bytes()

    def cut_out(watch: Stopwatch) -> bytes:
        engine = CutoutEngine(lambda _name: TimedNetwork(network, watch))
        return remove_background(encoded, settings, output, LIMITS, engine, watch.stage).encoded

    serve(cut_out, target)


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]), given[1], given[2], given[3], Path(given[4]), int(given[5]), Path(given[6]))
