"""The arrays that flow through the pipeline, each a type of its own.

Shapes are (height, width[, channel]). At the picture's size everything is a byte, as files have it: fresh memory is what a large picture
costs most. Small grids, such as a network's cells, are in single precision.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(h, w, 4): sRGB in 0-255, four bytes a pixel as decoders leave it. What the fourth one holds is no colour, and arbitrary."""
Rgba = NDArray[np.uint8]
"""(h, w, 4): sRGB with straight alpha, 0-255."""
Rgb = NDArray[np.uint8]
"""(h, w, 3): sRGB, 0-255."""
Matte = NDArray[np.uint8]
"""(h, w): a mask (255 subject), an alpha (255 opaque) or a trimap (0 background, 128 unknown, 255 subject)."""
Plane = NDArray[np.float32]
"""(h, w) in [0, 1]: a mask or an alpha of a small grid."""

OPAQUE = 255
UNKNOWN = 128


@dataclass(frozen=True, slots=True)
class Image:
    """A decoded picture: upright, sRGB, 8 bit.

    `alpha` is the opacity that the file itself carried, None where it was opaque throughout. Colour under alpha 0 is unspecified.
    """

    pixels: Pixels
    alpha: Matte | None = None

    @property
    def rgb(self) -> Rgb:
        """The colours alone: a view."""
        return self.pixels[..., :3]

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])


@dataclass(frozen=True, slots=True)
class Cutout:
    """The subject: its own colour (background removed from soft edges) and its straight alpha."""

    foreground: Pixels
    alpha: Matte


def pixels_of(rgb: Rgb) -> Pixels:
    """A copy of colours (h, w, 3) with a fourth byte to each."""
    pixels = np.full((*rgb.shape[:2], 4), OPAQUE, np.uint8)
    pixels[..., :3] = rgb
    return pixels
