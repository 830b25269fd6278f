"""A network's small mask at the picture's size."""

import numpy as np
from numpy.typing import NDArray

from cutout.imaging.image import Plane

_SHARPNESS = -0.5
"""Keys 1981, "Cubic convolution interpolation": the value that reproduces quadratics; Pillow's BICUBIC has it too."""
_REACH = 2
"""The kernel is zero from here on, in samples."""
_JUST_OVER_ONE = np.float32(1 + 2e-6)
"""The sum of each sample's weights: rounding can't keep what is 1 throughout below 1, and clipping takes the rest away."""
_ROWS_AT_A_TIME = 64
"""So that what is written stays in the processor's cache until it is clipped, and few source rows take part."""


def enlarge(mask: Plane, width: int, height: int) -> Plane:
    """The mask (n, m) at (height, width), in [0, 1]; smaller sizes are averaged.

    Bicubic: it has no second lobe, so that a sharp edge overshoots to one side only, which clipping takes away; LANCZOS leaves a faint
    echo of the outline in the background.
    """
    across = _weights(mask.shape[1], width)
    down = _weights(mask.shape[0], height)
    wide = mask @ across.T
    full = np.empty((height, width), np.float32)
    for start in range(0, height, _ROWS_AT_A_TIME):
        rows = slice(start, start + _ROWS_AT_A_TIME)
        used = np.flatnonzero(down[rows].any(axis=0))
        sources = slice(used[0], used[-1] + 1)
        np.matmul(down[rows, sources], wide[sources], out=full[rows])
        np.clip(full[rows], 0, 1, out=full[rows])
    return full


def _weights(before: int, after: int) -> NDArray[np.float32]:
    """(after, before): each new sample as a weighted mean of the old ones. What lies beyond the border has no weight."""
    scale = before / after
    stretch = max(1.0, scale)
    centres = (np.arange(after) + 0.5) * scale - 0.5
    first = np.floor(centres - _REACH * stretch).astype(np.intp)
    weights = np.zeros((after, before), np.float32)
    new = np.arange(after)
    for tap in range(int(2 * _REACH * stretch) + 2):
        old = first + tap
        inside = (old >= 0) & (old < before)
        weights[new[inside], old[inside]] = _kernel((old - centres) / stretch)[inside]
    weights *= _JUST_OVER_ONE / weights.sum(axis=1, keepdims=True)
    return weights


def _kernel(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.abs(distance)
    near = ((_SHARPNESS + 2) * x - (_SHARPNESS + 3)) * x * x + 1
    far = _SHARPNESS * (((x - 5) * x + 8) * x - 4)
    return np.where(x < 1, near, np.where(x < _REACH, far, 0))
