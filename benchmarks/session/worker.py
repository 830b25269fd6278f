"""One session in a fresh process: `python -m benchmarks.session.worker FILE PRECISION THREADS CHANGE`. Answers as `benchmarks.speed.worker`."""

import os
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime

from benchmarks.session.options import CHANGES
from benchmarks.speed.worker import Stopwatch, serve
from cutout.adapters.onnx import only_fetched, session_options
from cutout.imaging.models import Precision

_PAUSE_S: Final = 0.05
"""After each run: processor time that is used up in it is waiting threads'."""


def main(path: Path, precision: Precision, threads: int, change: str) -> None:
    """Serves runs of the network on one picture."""
    options = session_options(threads, precision)
    CHANGES[change](options)
    began = time.perf_counter()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    loaded = time.perf_counter() - began
    source, output, run_options = session.get_inputs()[0], session.get_outputs()[0].name, only_fetched()
    batch = np.random.default_rng(0).standard_normal(source.shape, np.float32)

    def run(watch: Stopwatch) -> bytes:
        with watch.stage("network"):
            session.run([output], {source.name: batch}, run_options)
        time.sleep(_PAUSE_S)
        watch.seconds["load"] = loaded
        return b""

    serve(run, Path(os.devnull))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Precision(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
