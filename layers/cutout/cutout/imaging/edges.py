"""The mask's edges where the picture has its own: a guided filter (He, Sun & Tang 2013, "Guided image filtering"; He & Sun 2015, "Fast
guided filter") on cells as large as the network's.

The network decides what is subject on cells that in a picture of 12 megapixels are ten pixels wide; where in them the edge runs, only
the picture knows. In each window the mask is fitted as a linear function of colour, a . I + b. That function is smooth, so it is found on
cells and interpolated, and applied to the pixels' own colours. docs/adr/0013 has the figures.
"""

import os
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout.imaging import _native
from cutout.imaging.image import Plane, Rgb
from cutout.imaging.resample import enlarge

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

_ROWS_AT_A_TIME: Final = 64
_WHITE: Final = 255
_FIRST, _SECOND = [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]
"""Channels whose products make the covariance's upper half."""
_Values = NDArray[np.float32]
"""(n,): one for each of some pixels."""
_Maps = NDArray[np.float32]
"""(h, w, n): numbers for each cell."""


def follow_edges(rgb: Rgb, cells: Plane, mask: Plane) -> Plane:
    """`mask` (h, w) with its soft edges moved to the picture's; `cells` is the same mask as the network gave it, (n, m).

    What is exactly 0 or 1 stays so. The fit takes the time and memory of a small picture, the rest one more mask and a pass over it.
    """
    height, width = mask.shape
    factor = max(1, max(mask.shape) // CELLS)
    guide = np.empty((-(-height // factor), -(-width // factor), 3), np.uint8)
    picture, threads = np.ascontiguousarray(rgb), min(2, len(os.sched_getaffinity(0)))
    _native.reduce_rgb(picture, guide, factor, threads)
    models = fit_windows(guide, enlarge(cells, guide.shape[1], guide.shape[0]))

    followed = mask.copy()
    # Its band is what lies between 0 and 1.
    _native.apply_models(picture, mask, models, followed, 1 / factor, threads)
    for start in range(0, height, _ROWS_AT_A_TIME):
        before, after = mask[start : start + _ROWS_AT_A_TIME], followed[start : start + _ROWS_AT_A_TIME]
        soft = (before > 0) & (before < 1)
        after[soft] = _mixed(after[soft], before[soft])
    return followed


def _mixed(fitted: _Values, mask: _Values) -> _Values:
    """What makes the mask surer counts at once, what makes it less sure by `SURE` and `FULLY`."""
    change = fitted - mask
    doubts = (change > 0) == (mask < 0.5)  # noqa: PLR2004
    unsure = np.clip((np.minimum(mask, 1 - mask) - np.float32(SURE)) * np.float32(1 / (FULLY - SURE)), 0, 1)
    np.multiply(change, unsure, out=change, where=doubts)
    return np.clip(mask + change, 0, 1)


def fit_windows(guide: Rgb, mask: Plane) -> _Maps:
    """(h, w, 4): a for red, green and blue (per unit of 0-255), and b, each the mean over the windows that a cell lies in."""
    # In double precision: variances are small differences of squares. Maps one after the other: NumPy is fastest so.
    colour = np.ascontiguousarray(guide.transpose(2, 0, 1)) / np.float64(_WHITE)
    mean, mean_mask = _window_means(colour), _window_means(mask[None])
    with_mask = _window_means(colour * mask) - mean * mean_mask
    rr, rg, rb, gg, gb, bb = _window_means(colour[_FIRST] * colour[_SECOND]) - mean[_FIRST] * mean[_SECOND]
    rr, gg, bb = rr + EPSILON, gg + EPSILON, bb + EPSILON

    # (covariance + EPSILON)^-1 with_mask, by cofactors.
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    red, green, blue = with_mask / (rr * c_rr + rg * c_rg + rb * c_rb)
    slope = np.stack(
        (
            c_rr * red + c_rg * green + c_rb * blue,
            c_rg * red + c_gg * green + c_gb * blue,
            c_rb * red + c_gb * green + c_bb * blue,
        )
    )
    offset = mean_mask - (slope * mean).sum(axis=0)
    models = _window_means(np.concatenate((slope / _WHITE, offset)))
    return np.ascontiguousarray(models.transpose(1, 2, 0), np.float32)


def _window_means(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """The mean of each map (n, h, w) over the window around each cell, as far as it lies inside."""
    means = maps.astype(np.float64)
    for axis in (1, 2):
        length = means.shape[axis]
        total = np.cumsum(means, axis=axis)
        total = np.concatenate((np.zeros_like(total.take([0], axis)), total), axis=axis)
        first = np.maximum(np.arange(length) - REACH, 0)
        last = np.minimum(np.arange(length) + REACH + 1, length)
        count = (last - first).reshape((-1, 1) if axis == 1 else (1, -1))
        means = (total.take(last, axis) - total.take(first, axis)) / count
    return means
