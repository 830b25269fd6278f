"""The subject's own colour at soft edges: F in I = alpha F + (1 - alpha) B."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout.imaging import _native
from cutout.imaging.image import Matte, Pixels
from cutout.imaging.threads import workers

_Planes = NDArray[np.float32]

_FACTORS: Final = ((2, 500_000), (4, 6_000_000), (8, 24_000_000))
"""Sides of a block, and below how many pixels."""
COARSE: Final = 8
"""Blocks of the first pass are so many times those of the second: with `REACH`, about the paper's radius of 90 pixels at a megapixel."""
REACH: Final = 3
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
    means = _means(sums, _pixel_counts(opacity.shape, factor))
    _native.recolour(near, opacity, means, factor, workers())


def _factor(pixels: int) -> int:
    """The side of a block: the mask's soft edge is as wide in large pictures as the network's pixels are."""
    return next((factor for factor, fewer in _FACTORS if pixels < fewer), 16)


def _pixel_counts(shape: tuple[int, ...], factor: int) -> _Planes:
    """(1, H, W): how many pixels each block has; the last ones have fewer."""
    rows, columns = (np.minimum(factor, length - factor * np.arange(-(-length // factor))).astype(np.float32) for length in shape)
    return (rows[:, None] * columns)[None]


def _means(sums: _Planes, count: _Planes) -> _Planes:
    """The mean colours of subject and background round each block, in 0-255: (H, W, 8), of which 0-2 and 4-6 are used."""
    opacity, subject, colour = sums[:1], sums[1:4], sums[4:]
    wide_front = _spread(_mean(_box(_reduce(subject), REACH), _box(_reduce(opacity), REACH)), opacity.shape)
    wide_back = _spread(_mean(_box(_reduce(colour - subject), REACH), _box(_reduce(count - opacity), REACH)), opacity.shape)

    share = opacity / count
    own = colour / count
    front = np.clip(wide_front + share * (own - share * wide_front - (1 - share) * wide_back), 0, 255)
    narrow_front = _mean(_box(front * opacity, 1), _box(opacity, 1), wide_front)
    narrow_back = _mean(_box(wide_back * (count - opacity), 1), _box(count - opacity, 1), wide_back)
    means = np.zeros((*opacity.shape[1:], 8), np.float32)
    means[..., 0:3] = np.moveaxis(narrow_front, 0, -1)
    means[..., 4:7] = np.moveaxis(narrow_back, 0, -1)
    return means


def _mean(total: _Planes, weight: _Planes, otherwise: _Planes | None = None) -> _Planes:
    """`total` / `weight`; where nothing has any weight, `otherwise` or 0."""
    mean = np.zeros_like(total) if otherwise is None else otherwise.copy()
    # Rounding may leave a weight of nothing a little off zero, on either side.
    np.divide(total, weight, out=mean, where=weight > 1e-4)  # noqa: PLR2004
    return mean


def _reduce(planes: _Planes) -> _Planes:
    """Sums over COARSE x COARSE blocks."""
    depth, height, width = planes.shape
    padded = np.pad(planes, ((0, 0), (0, -height % COARSE), (0, -width % COARSE)))
    sums: _Planes = padded.reshape(depth, padded.shape[1] // COARSE, COARSE, -1, COARSE).sum(axis=(2, 4), dtype=np.float32)
    return sums


def _spread(planes: _Planes, shape: tuple[int, ...]) -> _Planes:
    """Each coarse block's value to all the blocks in it."""
    return planes.repeat(COARSE, axis=1).repeat(COARSE, axis=2)[:, : shape[1], : shape[2]]


def _box(planes: _Planes, reach: int) -> _Planes:
    """Sums over a square of 2 reach + 1 blocks, as far as it lies inside."""
    for axis in (1, 2):
        total = planes.copy()
        for step in range(1, min(reach, planes.shape[axis] - 1) + 1):
            head, tail = [slice(None)] * 3, [slice(None)] * 3
            head[axis], tail[axis] = slice(None, -step), slice(step, None)
            total[tuple(head)] += planes[tuple(tail)]
            total[tuple(tail)] += planes[tuple(head)]
        planes = total
    return planes
