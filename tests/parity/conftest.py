"""rembg as the oracle: it runs once per model, in its own environment, on pictures that packages ship."""

import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image as Pillow
from sklearn import datasets

from cutout.adapters.onnx import OnnxModels
from cutout.domain.removal import InputLimits, RemovalSettings
from cutout.imaging.decode import decode
from cutout.imaging.engine import CutoutEngine
from cutout.imaging.image import Cutout, Image
from cutout.imaging.models import Precision

ROOT = Path(__file__).resolve().parents[2]
REMBG_PYTHON = ROOT / ".venv-rembg/bin/python"
WEIGHTS = ROOT / ".models"

SKIMAGE = Path(skimage.__file__).parent / "data"
SKLEARN = Path(datasets.__file__).parent / "images"

SUBJECTS = {
    path.name: path
    for path in (
        *(SKIMAGE / name for name in ("astronaut.png", "camera.png", "cell.png", "chelsea.png", "clock_motion.png", "coffee.png")),
        *(SKIMAGE / name for name in ("coins.png", "horse.png", "ihc.png", "logo.png", "motorcycle_left.png", "retina.jpg")),
        *(SKLEARN / name for name in ("china.jpg", "flower.jpg")),
    )
}
"""Pictures in which both models find a subject, none with a colour profile."""

HASHED = tuple(name for name in SUBJECTS if name not in {"camera.png", "retina.jpg"})
"""Those whose perceptual hash is firm. The two others have frequencies so close to the median that a tenth of a grey level flips them."""


def read(path: Path) -> Image:
    """The picture as the product decodes it."""
    return decode(path.read_bytes(), InputLimits())


@pytest.fixture(scope="session")
def networks() -> OnnxModels:
    """The real weights, in the precision that rembg has: what 8 bits change is told in test_precision.py."""
    for model in ("u2netp", "u2net"):
        if not (WEIGHTS / f"{model}.onnx").is_file():
            pytest.skip(f"the weights of {model} are missing: run python -m local.models {model}")
    return OnnxModels(WEIGHTS, precision=Precision.FLOAT32)


@pytest.fixture(scope="session")
def cut_out(networks) -> Callable[[str, Path], Cutout]:
    """What we make of a picture, by model; each is made once."""
    engine = CutoutEngine(networks.network)
    return cache(lambda model, path: engine.cut_out(read(path), RemovalSettings(model)))


@pytest.fixture(scope="session")
def special_pictures(tmp_path_factory) -> dict[str, Path]:
    """Pictures that rembg and we treat differently, on purpose."""
    folder = tmp_path_factory.mktemp("special")
    rocket = Pillow.fromarray(np.ascontiguousarray(read(SKIMAGE / "rocket.jpg").rgb))
    rocket.save(folder / "rocket_in_srgb.png")
    whole = Pillow.open(SKIMAGE / "astronaut.png").convert("RGBA")
    for name, hidden in (("hidden_black.png", (0, 0, 0, 0)), ("hidden_red.png", (255, 0, 0, 0))):
        half = whole.copy()
        half.paste(hidden, (0, 0, whole.width // 2, whole.height))
        half.save(folder / name)
    return {
        "rocket.jpg": SKIMAGE / "rocket.jpg",
        "grass.png": SKIMAGE / "grass.png",
        **{path.name: path for path in folder.iterdir()},
    }


@pytest.fixture(scope="session")
def reference(networks, special_pictures, tmp_path_factory) -> Callable[[str], dict[str, np.ndarray]]:
    """What rembg makes of every picture, by model: see reference.py."""
    if not REMBG_PYTHON.is_file():
        pytest.skip(f"rembg's own environment is missing: make {REMBG_PYTHON.parents[1].name} from requirements/rembg.txt")

    @cache
    def run(model: str) -> dict[str, np.ndarray]:
        out = tmp_path_factory.mktemp("reference") / f"{model}.npz"
        pictures = map(str, [*SUBJECTS.values(), *special_pictures.values()])
        command = [REMBG_PYTHON, Path(__file__).with_name("reference.py"), model, WEIGHTS, out, *pictures]
        done = subprocess.run(
            command, env={**os.environ, "PYTHONPATH": str(ROOT / "layers/cutout")}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return dict(np.load(out))

    return run
