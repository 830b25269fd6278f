"""The perceptual hash that rembg's own test compares pictures by."""

import numpy as np
from PIL import Image

SIDE, KEPT = 32, 8


def phash(rgb: np.ndarray) -> np.ndarray:
    """64 bits (8, 8): which of the lowest frequencies are stronger than their median.

    As `phash` of the package imagehash has it: grey, LANCZOS to 32x32, DCT-II in both directions.
    """
    grey = np.asarray(Image.fromarray(rgb).convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float64)
    frequency, position = np.arange(KEPT)[:, None], np.arange(SIDE)[None, :]
    basis = np.cos(np.pi * frequency * (2 * position + 1) / (2 * SIDE))
    low = basis @ grey @ basis.T
    return low > np.median(low)
