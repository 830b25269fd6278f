"""Alpha on the unknown band, from the picture's colours with the network's mask as a weak prior."""

import os
from typing import Final

import numpy as np

from cutout.imaging import _native
from cutout.imaging.image import Plane, Rgb

PRIOR_WEIGHT: Final = 0.001
EPSILON: Final = 1e-7


def estimate_alpha(
    rgb: Rgb, mask: Plane, trimap: Plane, *, prior_weight: float = PRIOR_WEIGHT, threads: int | None = None
) -> Plane:
    """The alpha of each pixel, (h, w) float32 in [0, 1]: the trimap's where it is sure, estimated where it is 0.5."""
    unknown = (trimap > 0) & (trimap < 1)
    alpha = np.where(unknown, mask, trimap).astype(np.float32)
    weight = np.full(mask.shape, prior_weight, np.float32)
    exact = prior_weight == 0
    _native.solve_matting(
        np.ascontiguousarray(rgb),
        unknown.view(np.uint8),
        alpha,
        np.ascontiguousarray(mask, np.float32),
        weight,
        EPSILON,
        1e-7 if exact else 2e-4,
        20000 if exact else 500,
        exact,
        threads or min(2, len(os.sched_getaffinity(0))),
    )
    np.clip(alpha, 0, 1, out=alpha)
    return alpha
