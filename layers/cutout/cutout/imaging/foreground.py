"""The subject's own colour at soft edges: F in I = alpha F + (1 - alpha) B."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout.imaging import _native
from cutout.imaging.image import Plane, Rgb

_Planes = NDArray[np.float32]

COARSE: Final = 8
"""Blocks of the first pass are so many times those of the second: with `REACH`, about the paper's radius of 90 pixels at a megapixel."""
REACH: Final = 3
"""Blocks on either side that the first pass averages over. The second averages over one."""
MARGIN_BLOCKS: Final = COARSE * (REACH + 2)
THREADS: Final = min(2, len(os.sched_getaffinity(0)))


def estimate_foreground(rgb: Rgb, alpha: Plane) -> Rgb:
    """The subject's colour, (h, w, 3): estimated where 0 < alpha < 1, the picture's elsewhere.

    Two passes of blur fusion (Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021): a mean of the subject's colour and
    one of the background's around each pixel, first wide, then narrow, and the pixel's own colour decides between them. The means are
    smooth, so they are taken over blocks and interpolated; only pixels with soft alpha are visited one by one.
    """
    soft = (alpha > 0) & (alpha < 1)
    rows = np.flatnonzero(soft.any(axis=1))
    if not rows.size:
        return rgb
    factor = _factor(rgb.shape[0] * rgb.shape[1])
    margin = MARGIN_BLOCKS * factor
    # Whole rows: their slices are contiguous, and the native functions take them as they are.
    first = max(0, int(rows[0]) - margin) // (factor * COARSE) * factor * COARSE
    last = min(rgb.shape[0], int(rows[-1]) + margin + 1)
    near, opacity = np.ascontiguousarray(rgb[first:last]), np.ascontiguousarray(alpha[first:last], np.float32)

    sums = _block_sums(near, opacity, factor)
    count = _pixel_counts(opacity.shape, factor)
    front, back = _means(sums, count)

    foreground = rgb.copy()
    target = foreground[first:last]
    _by_strips(
        target.shape[0],
        1,
        lambda start, stop: _native.recolour(target[start:stop], opacity[start:stop], front, back, factor, start),
    )
    return foreground


def _factor(pixels: int) -> int:
    """The side of a block: the mask's soft edge is as wide in large pictures as the network's pixels are."""
    return 2 if pixels < 500_000 else 4 if pixels < 6_000_000 else 8  # noqa: PLR2004 (half a megapixel, six megapixels)


def _block_sums(rgb: Rgb, alpha: Plane, factor: int) -> _Planes:
    """(7, H, W): alpha, alpha times R, G, B, and R, G, B."""
    width = -(-alpha.shape[1] // factor)
    strips: dict[int, _Planes] = {}

    def add(start: int, stop: int) -> None:
        strips[start] = np.zeros((7, -(-(stop - start) // factor), width), np.float32)
        _native.block_sums(rgb[start:stop], alpha[start:stop], strips[start], factor)

    _by_strips(alpha.shape[0], factor, add)
    return np.concatenate([strips[start] for start in sorted(strips)], axis=1)


def _pixel_counts(shape: tuple[int, ...], factor: int) -> _Planes:
    """(1, H, W): how many pixels each block has; the last ones have fewer."""
    rows, columns = (np.minimum(factor, length - factor * np.arange(-(-length // factor))).astype(np.float32) for length in shape)
    return (rows[:, None] * columns)[None]


def _means(sums: _Planes, count: _Planes) -> tuple[_Planes, _Planes]:
    """The mean colours (3, H, W) of subject and background round each block, in 0-255."""
    opacity, subject, colour = sums[:1], sums[1:4], sums[4:]
    wide_front = _spread(_mean(_box(_reduce(subject), REACH), _box(_reduce(opacity), REACH)), opacity.shape)
    wide_back = _spread(_mean(_box(_reduce(colour - subject), REACH), _box(_reduce(count - opacity), REACH)), opacity.shape)

    share = opacity / count
    own = colour / count
    front = np.clip(wide_front + share * (own - share * wide_front - (1 - share) * wide_back), 0, 255)
    narrow_front = _mean(_box(front * opacity, 1), _box(opacity, 1), wide_front)
    narrow_back = _mean(_box(wide_back * (count - opacity), 1), _box(count - opacity, 1), wide_back)
    return narrow_front, narrow_back


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


def _by_strips(height: int, multiple: int, work: Callable[[int, int], None]) -> None:
    """`work(start, stop)` on THREADS parts of 0..height that begin at multiples of `multiple`."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda strip: work(*strip), _strips(height, multiple)))


def _strips(height: int, multiple: int) -> Iterator[tuple[int, int]]:
    size = max(1, -(-height // (THREADS * multiple))) * multiple
    for start in range(0, height, size):
        yield start, min(height, start + size)
