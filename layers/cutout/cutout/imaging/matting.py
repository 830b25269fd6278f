"""Alpha on the unknown band, from the picture's colours with the network's mask as a weak prior."""

import os
from typing import Final

import numpy as np

from cutout.imaging import _native
from cutout.imaging.image import Plane, Rgb

PRIOR_WEIGHT: Final = 0.003
"""The mask's least weight, where it can't tell subject from background. Much less, and the system is singular to single precision."""
CONFIDENCE_WEIGHT: Final = 1.0
CONFIDENCE_POWER: Final = 6
"""Where the mask is sure, it has this weight more: colours alone don't overrule it."""
EPSILON: Final = 1e-5
"""Regularises the colours' covariance in a window: below the sensor noise of real pictures, above single precision's rounding."""
EXACT_EPSILON: Final = 1e-7
"""Levin, Lischinski & Weiss's own, as pymatting has it: for the comparison with the exact solution."""


def estimate_alpha(
    rgb: Rgb, mask: Plane, trimap: Plane, *, prior_weight: float = PRIOR_WEIGHT, threads: int | None = None
) -> Plane:
    """The alpha of each pixel, (h, w) float32 in [0, 1]: the trimap's where it is sure, estimated where it is 0.5."""
    unknown = (trimap > 0) & (trimap < 1)
    alpha = np.where(unknown, mask, trimap).astype(np.float32)
    exact = prior_weight == 0
    weight = np.zeros_like(alpha) if exact else _weight(mask, prior_weight)
    _native.solve_matting(
        np.ascontiguousarray(rgb),
        unknown.view(np.uint8),
        alpha,
        np.ascontiguousarray(mask, np.float32),
        weight,
        EXACT_EPSILON if exact else EPSILON,
        1e-7 if exact else 2e-4,
        20000 if exact else 500,
        exact,
        threads or min(2, len(os.sched_getaffinity(0))),
    )
    np.clip(alpha, 0, 1, out=alpha)
    return alpha


def _weight(mask: Plane, least: float) -> Plane:
    """How strongly each pixel is pulled to the mask: with its confidence |2m - 1|."""
    weight = np.abs(2 * mask - 1, dtype=np.float32)
    weight **= CONFIDENCE_POWER
    weight *= CONFIDENCE_WEIGHT
    weight += least
    return weight
