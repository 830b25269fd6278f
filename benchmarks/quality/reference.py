"""rembg's side, in its own environment: `python reference.py MODEL WEIGHTS`, a job per line on stdin, as JSON:

    {"source": FILE, "mask": FILE.npy or null, "cutouts": [{"options": {…}, "target": FILE.png}, …]}

With a mask, rembg's network is replaced by it; everything else is rembg's own code. Each finished job is answered by a line.
"""

import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np


class GivenMask:
    """Stands where rembg keeps its onnxruntime session."""

    def __init__(self, session: Any, mask: Any) -> None:
        self._session, self._mask = session, mask

    def get_inputs(self) -> Any:
        """The real network's."""
        return self._session.get_inputs()

    def run(self, _names: Any, _inputs: Any) -> Any:
        """The given mask as the network's first output (1, 1, n, n)."""
        return [self._mask[None, None]]


def main(model: str, weights: Path) -> None:
    """Answers jobs until stdin ends."""
    with TemporaryDirectory() as home:
        # Here rembg finds our verified weights where it would have put its own, and downloads nothing.
        (Path(home) / f"{model}.onnx").symlink_to(weights.resolve() / f"{model}.onnx")
        os.environ["U2NET_HOME"] = home
        from rembg import new_session, remove

        session = new_session(model)
    network = session.inner_session
    for line in sys.stdin:
        job = json.loads(line)
        source = Path(job["source"]).read_bytes()
        session.inner_session = GivenMask(network, np.load(job["mask"])) if job["mask"] else network
        for cutout in job["cutouts"]:
            Path(cutout["target"]).write_bytes(remove(source, session=session, **cutout["options"]))
        print(job["source"], flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
