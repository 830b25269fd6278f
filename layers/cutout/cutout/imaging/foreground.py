"""The subject's own colour at soft edges: F in I = alpha F + (1 - alpha) B."""

from typing import Final

import numpy as np

from cutout.imaging import _native
from cutout.imaging.image import Matte, Pixels, Plane
from cutout.imaging.threads import workers

COARSE: Final = 8
"""Blocks of the first pass are so many times those of the second: with `REACH`, about half the paper's radius of 90 pixels at a megapixel."""
REACH: Final = 1
"""Blocks on either side that the first pass averages over. The second averages over one."""
MARGIN_BLOCKS: Final = COARSE * (REACH + 2)


def estimate_foreground(pixels: Pixels, alpha: Matte) -> None:
    """Replace, in place, the picture's colour by the subject's where 0 < alpha < 255. (h, w, 4) and (h, w), C-contiguous.

    Two passes of blur fusion (Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021): a mean of the subject's colour and
    one of the background's around each pixel, first wide, then narrow, and the pixel's own colour decides between them. The means are
    smooth, so they are taken over blocks and interpolated; only pixels with soft alpha are visited one by one.
    """
    top, bottom = _native.soft_rows(alpha)
    if top == bottom:
        return
    height, width = alpha.shape
    factor = _factor(height * width)
    margin = MARGIN_BLOCKS * factor
    # Whole rows: their slices are contiguous, and the native functions take them as they are.
    first = max(0, top - margin) // (factor * COARSE) * factor * COARSE
    last = min(height, bottom + margin)
    near, opacity = pixels[first:last], alpha[first:last]

    sums = np.empty((7, -(-opacity.shape[0] // factor), -(-width // factor)), np.float32)
    _native.block_sums(near, opacity, sums, factor, workers())
    means = np.empty((*sums.shape[1:], 8), np.float32)
    _native.layer_means(sums, _pixel_counts(opacity.shape, factor), means, COARSE, REACH, workers())
    _native.recolour(near, opacity, means, factor, workers())


def _factor(pixels: int) -> int:
    """The side of a block: the mask's soft edge is as wide in large pictures as the network's pixels are."""
    return 2 if pixels < 500_000 else 4 if pixels < 6_000_000 else 8  # noqa: PLR2004 (half a megapixel, six megapixels)


def _pixel_counts(shape: tuple[int, ...], factor: int) -> Plane:
    """(H, W): how many pixels each block has; the last ones have fewer."""
    rows, columns = (np.minimum(factor, length - factor * np.arange(-(-length // factor))).astype(np.float32) for length in shape)
    return rows[:, None] * columns
