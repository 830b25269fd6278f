"""A sheet of the worst cases: the picture, then the spot where we are furthest off, true, ours and rembg's, over green."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.quality.canvas import Colour, Plane

_SIDE: Final = 224
_CAPTION: Final = 16


@dataclass(frozen=True, slots=True)
class Case:
    """One row: four pictures (h, w, 3) 0-255 of one size, how far off our alpha is (h, w), and what to say."""

    caption: str
    picture: Colour
    true: Colour
    ours: Colour
    rembgs: Colour
    error: Plane


def draw_sheet(cases: Sequence[Case]) -> Image.Image:
    """One row for each case."""
    sheet = Image.new("RGB", (4 * _SIDE, max(1, len(cases)) * (_SIDE + _CAPTION)), "white")
    pen = ImageDraw.Draw(sheet)
    for row, case in enumerate(cases):
        top = row * (_SIDE + _CAPTION)
        pen.text((2, top + 2), f"{case.caption}   picture | true | ours | rembg", fill="black")
        overview = _image(case.picture)
        overview.thumbnail((_SIDE, _SIDE))
        spot = _worst_spot(case)
        scale = overview.width / case.picture.shape[1]
        box = [int(edge.__index__() * scale) for edge in (spot[1].start, spot[0].start, spot[1].stop, spot[0].stop)]
        ImageDraw.Draw(overview).rectangle(box, outline="red")
        sheet.paste(overview, (0, top + _CAPTION))
        for column, picture in enumerate((case.true, case.ours, case.rembgs), 1):
            sheet.paste(_image(picture[spot]), (column * _SIDE, top + _CAPTION))
    return sheet


def _worst_spot(case: Case) -> tuple[slice, slice]:
    """The square in which we err most in sum."""
    error = case.error
    side = min(_SIDE, *error.shape)
    total = np.pad(error.cumsum(0, np.float64).cumsum(1), ((1, 0), (1, 0)))
    sums = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    row, column = np.unravel_index(int(sums.argmax()), sums.shape)
    return slice(int(row), int(row) + side), slice(int(column), int(column) + side)


def _image(picture: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.clip(picture + 0.5, 0, 255).astype(np.uint8))
