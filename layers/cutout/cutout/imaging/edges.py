"""The mask's edges where the picture has its own: a guided filter (He, Sun & Tang 2013, "Guided image filtering"; He & Sun 2015, "Fast
guided filter") on cells as large as the network's.

The network decides what is subject on cells that in a picture of 12 megapixels are ten pixels wide; where in them the edge runs, only
the picture knows. In each window the mask is fitted as a linear function of colour, a . I + b. That function is smooth, so it is found on
cells and interpolated, and applied to the pixels' own colours. docs/adr/0013 has the figures.
"""

from typing import Final

import numpy as np

from cutout.imaging import _native
from cutout.imaging.image import Matte, Pixels, Plane
from cutout.imaging.resample import resample
from cutout.imaging.threads import workers

CELLS: Final = 320
"""At least so many along the longer side: as the networks see it."""
REACH: Final = 4
"""Cells on either side of a window's centre: a network's soft edge is about four wide, and a window must see both of its sides."""
EPSILON: Final = 1e-4
"""Regularises the colours' covariance in a window, in units of white: texture weaker than 1 % of white is no edge."""

LARGE: Final = 2_560_000
"""Pixels from which on it is done: 25 for each of the network's cells. Below, the mask agrees with rembg's to a grey level."""
SURE: Final = 0.1
FULLY: Final = 0.3
"""A pixel nearer to 0 or 1 than `SURE` is never made less sure: fitted windows would spread a haze round every edge. From `FULLY` on the
fitted value counts alone; between, the two are mixed, so that there is no seam."""

HAZE: Final = 0.045
"""What `refine_edges` takes for nothing, and as near to 1 for all."""


def follow_edges(pixels: Pixels, cells: Plane, haze: float = 0.0) -> Matte:
    """The network's mask (n, m) at the size of the picture (h, w), its soft edges where the picture's are.

    What enlarging alone makes exactly 0 or 1 stays so; so becomes what is up to `haze`, and the rest is stretched. The fit takes the time
    and memory of a small picture.
    """
    height, width = pixels.shape[:2]
    factor, shape = _grid((height, width))
    guide = np.empty((*shape, 4), np.uint8)
    picture = np.ascontiguousarray(pixels)
    _native.reduce_colour(picture, guide, factor, workers())
    models = np.empty_like(guide, np.float32)
    _native.fit_windows(guide, resample(cells, shape[1], shape[0]), models, REACH, EPSILON, workers())

    mask = np.empty((height, width), np.uint8)
    _native.enlarge_along_edges(
        np.ascontiguousarray(cells, np.float32), picture, models, mask, 1 / factor, SURE, FULLY, haze, workers()
    )
    return mask


def refine_edges(pixels: Pixels, mask: Matte) -> Matte:
    """A mask (h, w) whose soft edges have been moved to the picture's once more, and which has lost its haze.

    The second pass fits narrower edges than the network's own. What is left beside a hard edge then is faint: it is cut off, at the price
    of the faintest ends of hair.
    """
    factor, shape = _grid(mask.shape)
    cells, unused = np.empty(shape, np.float32), np.empty(shape, np.uint8)
    _native.reduce_trimap(mask, mask, unused, cells, factor, workers())
    return follow_edges(pixels, cells, HAZE)


def _grid(shape: tuple[int, ...]) -> tuple[int, tuple[int, int]]:
    """Pixels along a cell's side, and the cells' rows and columns."""
    factor = max(1, max(shape) // CELLS)
    return factor, (-(-shape[0] // factor), -(-shape[1] // factor))
