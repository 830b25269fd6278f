"""The real photographs behind the truth: they ship with scikit-image and scikit-learn, under licences given there."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import skimage
from numpy.typing import NDArray
from PIL import Image
from sklearn import datasets

_SKIMAGE: Final = Path(skimage.__file__).parent / "data"
_SKLEARN: Final = Path(datasets.__file__).parent / "images"

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing in a photograph, and an outline drawn by hand well inside it, (x, y) in the photograph's pixels.

    What lies inside the outline is the thing throughout, so that alpha is known exactly: it is the outline's own coverage.
    """

    photograph: Path
    outline: Points


def _ellipse(x: float, y: float, across: float, down: float, ripples: int = 0, depth: float = 0.0) -> Points:
    turns = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    swell = 1 - depth * np.abs(np.sin(turns * ripples / 2))
    return tuple(zip((x + across * swell * np.cos(turns)).tolist(), (y + down * swell * np.sin(turns)).tolist(), strict=True))


ASTRONAUT: Final = Subject(
    _SKIMAGE / "astronaut.png",
    (
        *((160, 100), (157, 75), (170, 48), (195, 28), (225, 19), (255, 26), (280, 42), (294, 66), (296, 92), (287, 114)),
        *((272, 122), (262, 142), (258, 160), (280, 170), (297, 195), (301, 225), (297, 252), (325, 262), (345, 285), (354, 320)),
        *((356, 345), (320, 368), (298, 400), (284, 445), (280, 511), (70, 511), (38, 470), (40, 420), (48, 370), (45, 325)),
        *((60, 280), (95, 240), (122, 218), (120, 190), (130, 165), (160, 155), (185, 155), (182, 130), (172, 115)),
    ),
)
HAIR: Final = 10
"""Along so many points of the astronaut's outline hair grows."""
CAT: Final = Subject(
    _SKIMAGE / "chelsea.png",
    (
        *((45, 75), (52, 40), (62, -30), (105, 8), (180, 3), (255, 6), (305, -25), (325, 40), (342, 70), (350, 110)),
        *((350, 155), (338, 200), (318, 238), (288, 272), (232, 284), (155, 268), (104, 238), (64, 198), (46, 140)),
    ),
)
COAT: Final = (CAT.photograph, slice(5, 80), slice(70, 320))
"""Nothing but fur: photograph, rows, columns."""
DAHLIA: Final = Subject(_SKLEARN / "flower.jpg", _ellipse(305, 222, 133, 131, ripples=21, depth=0.05))
SAUCER: Final = Subject(_SKIMAGE / "coffee.png", _ellipse(276, 231, 194, 145))
CUP: Final = Subject(_SKIMAGE / "coffee.png", _ellipse(289, 112, 111, 92))

BACKDROPS: Final = (
    *(_SKIMAGE / name for name in ("brick.png", "grass.png", "gravel.png", "motorcycle_left.png", "rocket.jpg")),
    _SKLEARN / "china.jpg",
)
"""Places for a subject to stand in front of; those in grey are tinted."""


@cache
def read(path: Path) -> NDArray[np.float32]:
    """(h, w, 3) sRGB in [0, 1]."""
    rgb = np.asarray(Image.open(path).convert("RGB"), np.float32) / np.float32(255)
    rgb.flags.writeable = False
    return rgb


@cache
def silhouette(name: str) -> Image.Image:
    """The dark figure of one of scikit-image's black-and-white pictures, as white on black."""
    figure = Image.open(_SKIMAGE / name).convert("RGBA")
    ground = Image.new("RGBA", figure.size, "white")
    ground.alpha_composite(figure)
    return ground.convert("L").point([255 if level < 128 else 0 for level in range(256)])
