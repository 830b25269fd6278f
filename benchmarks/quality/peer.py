"""rembg at work beside us, in its own environment, on files."""

import json
import os
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from benchmarks.quality.variants import DECONTAMINATED, MODES, VARIANTS, Mode, Variant

PYTHON: Final = Path(".venv-rembg/bin/python")


class Peer:
    """A process of rembg's, fed picture by picture; its cutouts are read when all are done."""

    def __init__(self, model: str, weights: Path, desk: Path) -> None:
        """Starts it. `desk` is the folder of the pictures and cutouts."""
        self._desk = desk
        self._process = subprocess.Popen(
            [PYTHON, Path(__file__).with_name("reference.py"), model, weights],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},  # the other core is ours
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    def order(self, name: str) -> None:
        """Cut out the desk's NAME.jpg in every mode and variant, NAME.npy being the given mask."""
        for mode in MODES:
            cutouts = [
                {"options": variant.options, "target": str(self._cutout(name, mode, variant))}
                for variant in (*VARIANTS, DECONTAMINATED)
            ]
            mask = str(self._desk / f"{name}.npy") if mode == "given" else None
            job = {"source": str(self._desk / f"{name}.jpg"), "mask": mask, "cutouts": cutouts}
            assert self._process.stdin is not None  # noqa: S101 - it was opened as a pipe
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()

    def finish(self) -> None:
        """Waits until everything ordered is there."""
        self._process.communicate()
        if self._process.returncode:
            raise SystemExit("rembg failed: see above")

    def cutout(self, name: str, mode: Mode, variant: Variant) -> bytes:
        """Rembg's PNG."""
        return self._cutout(name, mode, variant).read_bytes()

    def _cutout(self, name: str, mode: Mode, variant: Variant) -> Path:
        return self._desk / f"{name} {mode} {variant.name}.png"
