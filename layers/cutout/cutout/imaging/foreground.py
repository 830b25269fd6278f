"""The subject's own colour at soft edges: F in I = alpha F + (1 - alpha) B."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout.imaging.image import Plane, Rgb

RADII: Final = (90, 6)


def estimate_foreground(rgb: Rgb, alpha: Plane) -> Rgb:
    """The subject's colour, (h, w, 3): estimated where 0 < alpha < 1, the picture's elsewhere.

    Two passes of blur fusion (Forte 2021, "Approximate fast foreground colour estimation").
    """
    soft = (alpha > 0) & (alpha < 1)
    if not soft.any():
        return rgb
    reach = RADII[0]
    rows, columns = np.flatnonzero(soft.any(axis=1)), np.flatnonzero(soft.any(axis=0))
    near = (
        slice(max(0, int(rows[0]) - reach), int(rows[-1]) + reach + 1),
        slice(max(0, int(columns[0]) - reach), int(columns[-1]) + reach + 1),
    )
    opacity = alpha[near][..., None]
    image = rgb[near].astype(np.float32) / np.float32(255)
    front = back = image
    for radius in RADII:
        front_mean = _blur(front * opacity, radius) / (_blur(opacity, radius) + np.float32(1e-5))
        back_mean = _blur(back * (1 - opacity), radius) / (_blur(1 - opacity, radius) + np.float32(1e-5))
        front = np.clip(front_mean + opacity * (image - opacity * front_mean - (1 - opacity) * back_mean), 0, 1)
        back = back_mean
    foreground = rgb.copy()
    foreground[soft] = (front[soft[near]] * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return foreground


def _blur(planes: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """The mean over a square of side 2 radius + 1, as far as it lies inside."""
    for axis in (0, 1):
        length = planes.shape[axis]
        place = np.arange(length)
        low, high = np.maximum(place - radius, 0), np.minimum(place + radius + 1, length)
        total = np.concatenate([np.zeros_like(planes.take([0], axis)), planes.cumsum(axis, dtype=np.float64)], axis=axis)
        count = (high - low).reshape([-1 if other == axis else 1 for other in range(planes.ndim)])
        planes = ((total.take(high, axis) - total.take(low, axis)) / count).astype(np.float32)
    return planes
