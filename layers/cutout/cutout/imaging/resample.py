"""A network's small mask at the picture's size."""

import numpy as np

from cutout.imaging import _native
from cutout.imaging.image import Matte, Plane
from cutout.imaging.threads import workers


def enlarge(cells: Plane, width: int, height: int) -> Matte:
    """The mask (n, m) at (height, width); smaller sizes are averaged.

    Bicubic: it has no second lobe, so that a sharp edge overshoots to one side only, which clipping takes away; LANCZOS leaves a faint
    echo of the outline in the background.
    """
    mask = np.empty((height, width), np.uint8)
    _native.enlarge(np.ascontiguousarray(cells, np.float32), mask, False, workers())  # noqa: FBT003
    return mask


def resample(cells: Plane, width: int, height: int) -> Plane:
    """The same in [0, 1], for another grid."""
    plane = np.empty((height, width), np.float32)
    _native.enlarge(np.ascontiguousarray(cells, np.float32), plane, True, workers())  # noqa: FBT003
    return plane
