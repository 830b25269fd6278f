"""The arrays that flow through the pipeline, each a type of its own.

Shapes are (height, width[, channel]). Colour is 8-bit sRGB; alpha and mask are float32 in [0, 1], 1 = subject.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rgb = NDArray[np.uint8]
"""(h, w, 3) sRGB, 0-255."""
Plane = NDArray[np.float32]
"""(h, w) in [0, 1]: a mask, a trimap (0 background, 0.5 unknown, 1 subject) or an alpha."""
Rgba = NDArray[np.uint8]
"""(h, w, 4) sRGB with straight alpha, 0-255."""


@dataclass(frozen=True, slots=True)
class Image:
    """A decoded picture: upright, sRGB, 8 bit.

    `alpha` is the opacity that the file itself carried, None where it was opaque throughout. Colour under alpha 0 is unspecified.
    """

    rgb: Rgb
    alpha: Plane | None = None

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])


@dataclass(frozen=True, slots=True)
class Cutout:
    """The subject: its own colour (background removed from soft edges) and its straight alpha."""

    foreground: Rgb
    alpha: Plane
