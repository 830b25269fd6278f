"""Alpha on the unknown band: closed-form matting with the network's mask as a weak prior, from coarse to fine.

    mask, trimap --cells--> coarse alpha --colour models--> prior of the fine grid --solve--> fine alpha --colour models--> pixels

The linear system is Levin, Lischinski & Weiss's ("A closed-form solution to natural image matting", 2008), L + diag(w), with w pulling
each unknown pixel to what is known of it beforehand. On the coarse grid that is the mask, which has no more detail than such a grid
holds; on the fine one it is the coarse alpha. Each step up carries the local colour model, alpha = a . I + b, rather than alpha itself,
so that edges and strands finer than a cell come from the picture. Neither grid grows with the picture: docs/adr/0010 and 0011 have the
figures.
"""

import os
from dataclasses import dataclass
from typing import Final

import numpy as np

from cutout.imaging import _native
from cutout.imaging.image import Plane, Rgb

PRIOR_WEIGHT: Final = 0.003
"""The mask's least weight, where it can't tell subject from background. Much less, and the system is singular to single precision."""
CONFIDENCE_WEIGHT: Final = 1.0
CONFIDENCE_POWER: Final = 6
"""Where the mask is sure, it has this weight more: colours alone don't overrule it."""
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

    rgb: Rgb
    trimap: Plane
    mask: Plane


def estimate_alpha(
    rgb: Rgb, mask: Plane, trimap: Plane, *, prior_weight: float = PRIOR_WEIGHT, threads: int | None = None
) -> Plane:
    """The alpha of each pixel, (h, w) float32 in [0, 1]: the trimap's where it is 0 or 1, estimated between.

    `prior_weight` is the mask's weight where it is least sure; 0 turns the prior off and gives the exact solution of the closed-form
    system at full size, slowly. Where neither colours nor prior say anything, the mask's value stays. Time and memory grow with the
    picture only as far as reading it goes; at most two threads, unless `threads` says otherwise.
    """
    workers = threads or min(2, len(os.sched_getaffinity(0)))
    picture = _Grid(np.ascontiguousarray(rgb), np.ascontiguousarray(trimap, np.float32), np.ascontiguousarray(mask, np.float32))
    if prior_weight == 0:
        return _exact(picture, workers)

    factor, fine = _fine_grid(picture, workers)
    ratio = max(1, max(mask.shape) // (COARSE_SIDE * factor))
    coarse = _reduced(fine, ratio, workers)
    alpha = _solved(coarse, _confidence_weight(coarse.mask, prior_weight), workers)
    if ratio > 1:
        prior = _carried_up(coarse, alpha, fine, 1 / ratio, workers)
        weight = np.full_like(prior, COARSE_ALPHA_WEIGHT)
        alpha = _solved(_Grid(fine.rgb, fine.trimap, prior), weight, workers)
    return alpha if factor == 1 else _carried_up(fine, alpha, picture, 1 / factor, workers)


def _fine_grid(picture: _Grid, threads: int) -> tuple[int, _Grid]:
    """Pixels per cell's side, and the picture in such cells: as few as the limits allow."""
    factor = -(-max(picture.mask.shape) // FINE_SIDE)
    while True:
        grid = _reduced(picture, factor, threads)
        excess = np.count_nonzero(grid.trimap == 0.5) / MOST_UNKNOWN  # noqa: PLR2004
        if excess <= 1:
            return factor, grid
        factor = max(factor + 1, int(factor * excess**0.5))


def _reduced(grid: _Grid, factor: int, threads: int) -> _Grid:
    """Mean colours; a cell is sure where all of it is, and agrees."""
    shape = (-(-grid.mask.shape[0] // factor), -(-grid.mask.shape[1] // factor))
    cells = _Grid(np.empty((*shape, 3), np.uint8), np.empty(shape, np.float32), np.empty(shape, np.float32))
    _native.reduce_rgb(grid.rgb, cells.rgb, factor, threads)
    _native.reduce_trimap(grid.trimap, grid.mask, cells.trimap, cells.mask, factor, threads)
    return cells


def _confidence_weight(mask: Plane, least: float) -> Plane:
    """How strongly each cell is pulled to the mask: with its confidence |2m - 1|."""
    weight: Plane = np.abs(2 * mask - 1)
    weight **= CONFIDENCE_POWER
    weight *= CONFIDENCE_WEIGHT
    weight += least
    return weight


def _solved(grid: _Grid, weight: Plane, threads: int) -> Plane:
    """The grid's alpha, pulled to its mask."""
    alpha = grid.mask.copy()
    _native.solve_matting(grid.rgb, grid.trimap, alpha, grid.mask, weight, EPSILON, _TOLERANCE, _STEPS, threads)
    return np.clip(alpha, 0, 1, out=alpha)


def _carried_up(coarse: _Grid, alpha: Plane, fine: _Grid, scale: float, threads: int) -> Plane:
    """A coarse grid's alpha on a finer grid, by its colour models."""
    models = np.zeros((*alpha.shape, 4), np.float32)
    _native.fit_models(coarse.rgb, coarse.trimap, alpha, models, EPSILON, threads)
    carried = fine.trimap.copy()
    _native.apply_models(fine.rgb, fine.trimap, models, carried, scale, threads)
    return carried


def _exact(picture: _Grid, threads: int) -> Plane:
    """The solution without a prior, in double precision."""
    alpha = np.where((picture.trimap > 0) & (picture.trimap < 1), picture.mask, picture.trimap)
    none = np.zeros_like(alpha)
    _native.solve_matting_in_double(
        picture.rgb, picture.trimap, alpha, picture.mask, none, EXACT_EPSILON, _EXACT_TOLERANCE, _EXACT_STEPS, threads
    )
    return np.clip(alpha, 0, 1, out=alpha)
