"""Alpha on the unknown band: closed-form matting with the network's mask and the colours around as a weak prior, from coarse to
fine.

    mask, trimap --cells--> prior --solve--> coarse alpha --colour models--> the fine grid's prior --solve--> fine alpha --> pixels

The linear system is Levin, Lischinski & Weiss's ("A closed-form solution to natural image matting", 2008), L + diag(w), with w pulling
each unknown pixel to what is known of it beforehand. On the coarse grid that is the mask, which has no more detail than such a grid
holds, as far as the colours around don't contradict it (`prior`); on the fine one it is the coarse alpha. Each step up carries the local colour model, alpha = a . I + b, rather than alpha itself,
so that edges and strands finer than a cell come from the picture. Neither grid grows with the picture: docs/adr/0010 and 0011 have the
figures.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cutout.imaging import _native
from cutout.imaging.image import OPAQUE, UNKNOWN, Matte, Pixels, Plane
from cutout.imaging.prior import prior_and_weight
from cutout.imaging.threads import workers

PRIOR_WEIGHT: Final = 0.003
"""The mask's least weight, where it can't tell subject from background. Much less, and the system is singular to single precision."""
COARSE_ALPHA_WEIGHT: Final = 0.05
"""The coarse alpha's weight on the fine grid."""
EPSILON: Final = 1e-5
"""Regularises the colours' covariance in a window: below the sensor noise of real pictures, above single precision's rounding."""
EXACT_EPSILON: Final = 1e-7
"""Levin, Lischinski & Weiss's own, as pymatting has it: for the comparison with the exact solution."""
COARSE_SIDE: Final = 400
"""The coarse grid's longer side is at least this: a little more than the networks' own 320 cells."""
FINE_SIDE: Final = 1600
MOST_UNKNOWN: Final = 250_000
"""The fine grid is at most this large, on its longer side and in unknown cells: beyond, no picture gained."""

_STEPS: Final = 500
_TOLERANCE: Final = 5e-4  # an eighth of a grey level
_EXACT_STEPS: Final = 20_000
_EXACT_TOLERANCE: Final = 1e-7


@dataclass(frozen=True, slots=True)
class _Grid:
    """A picture in cells. `mask` matters where the trimap is unknown."""

    pixels: Pixels
    trimap: Matte
    mask: Plane


def estimate_alpha(pixels: Pixels, mask: Matte, trimap: Matte, *, threads: int | None = None) -> Matte:
    """The alpha of each pixel, (h, w): the trimap's where it is 0 or 255, estimated between.

    Where neither colours nor prior say anything, the mask's value stays. Time and memory grow with the picture only as far as reading it
    goes; at most two threads, unless `threads` says otherwise.
    """
    team = threads or min(2, workers())
    factor, fine = _fine_grid(pixels, trimap, mask, team)
    ratio = max(1, max(mask.shape) // (COARSE_SIDE * factor))
    coarse = _reduced(fine.pixels, fine.trimap, _in_bytes(fine.mask), ratio, team) if ratio > 1 else fine
    prior, weight = prior_and_weight(coarse.pixels, coarse.trimap, coarse.mask, PRIOR_WEIGHT)
    alpha = _solved(_Grid(coarse.pixels, coarse.trimap, prior), weight, team)
    if ratio > 1:
        prior = np.where(fine.trimap == OPAQUE, np.float32(1), np.float32(0))
        _native.apply_models(fine.pixels, fine.trimap, _models(coarse, alpha, team), prior, 1 / ratio, team)
        alpha = _solved(_Grid(fine.pixels, fine.trimap, prior), np.full_like(prior, COARSE_ALPHA_WEIGHT), team)
    if factor == 1:
        return _in_bytes(alpha)
    matte = trimap.copy()
    _native.apply_models_in_bytes(pixels, trimap, _models(fine, alpha, team), matte, 1 / factor, team)
    return matte


def estimate_exactly(pixels: Pixels, mask: Matte, trimap: Matte) -> Plane:
    """The closed-form system's own solution, without a prior, at full size and in double precision: slow, for comparison.

    Where the system leaves alpha open, the mask's value stays.
    """
    grid = _reduced(pixels, trimap, mask, 1, workers())
    alpha = grid.mask.copy()
    nothing = np.zeros_like(alpha)
    _native.solve_matting_in_double(
        grid.pixels, grid.trimap, alpha, grid.mask, nothing, EXACT_EPSILON, _EXACT_TOLERANCE, _EXACT_STEPS, workers()
    )
    return np.clip(alpha, 0, 1, out=alpha)


def _fine_grid(pixels: Pixels, trimap: Matte, mask: Matte, threads: int) -> tuple[int, _Grid]:
    """Pixels per cell's side, and the picture in such cells: as few as the limits allow."""
    factor = -(-max(mask.shape) // FINE_SIDE)
    while True:
        grid = _reduced(pixels, trimap, mask, factor, threads)
        excess = np.count_nonzero(grid.trimap == UNKNOWN) / MOST_UNKNOWN
        if excess <= 1:
            return factor, grid
        factor = max(factor + 1, int(factor * excess**0.5))


def _reduced(pixels: Pixels, trimap: Matte, mask: Matte, factor: int, threads: int) -> _Grid:
    """Mean colours; a cell is sure where all of it is, and agrees."""
    shape = (-(-mask.shape[0] // factor), -(-mask.shape[1] // factor))
    cells = _Grid(np.empty((*shape, 4), np.uint8), np.empty(shape, np.uint8), np.empty(shape, np.float32))
    _native.reduce_colour(pixels, cells.pixels, factor, threads)
    _native.reduce_trimap(trimap, mask, cells.trimap, cells.mask, factor, threads)
    return cells


def _in_bytes(plane: Plane) -> Matte:
    """A plane in [0, 1] as 0-255, rounded to nearest."""
    scaled = plane * np.float32(OPAQUE)
    scaled += np.float32(0.5)
    return scaled.astype(np.uint8)


def _solved(grid: _Grid, weight: Plane, threads: int) -> Plane:
    """The grid's alpha, pulled to its mask."""
    alpha = grid.mask.copy()
    _native.solve_matting(grid.pixels, grid.trimap, alpha, grid.mask, weight, EPSILON, _TOLERANCE, _STEPS, threads)
    return np.clip(alpha, 0, 1, out=alpha)


def _models(grid: _Grid, alpha: Plane, threads: int) -> Plane:
    """(h, w, 4): what alpha is as a function of colour round each unknown cell."""
    models = np.zeros((*alpha.shape, 4), np.float32)
    _native.fit_models(grid.pixels, grid.trimap, alpha, models, EPSILON, threads)
    return models
