"""What is known of a cell's alpha before the matting system is solved: the network's mask, and what the colours around say.

Near a cell, the sure subject's colours are a cloud with mean F, the sure background's one with mean B; S is the mean of their two
covariances. Seen from there, a cell of colour I has the opacity

    c = (I - B)' S^-1 (F - B) / d2,    d2 = (F - B)' S^-1 (F - B),

the place of I on the line from B to F, measured in the clouds' own spread. d2 says by how much the two clouds lie apart (Fisher,
"The use of multiple measurements in taxonomic problems", 1936), and so how far c can be trusted: where they overlap, the mask is all
there is; where they lie apart, a mask that contradicts c is wrong. Sampling known colours near by for a data term beside the Laplacian is
Wang & Cohen's ("Optimized color sampling for robust matting", 2007); clouds take the place of their samples. docs/adr/0010 has the figures.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutout.imaging.image import OPAQUE, Matte, Pixels, Plane

MASK_CONFIDENCE_WEIGHT: Final = 1.0
MASK_CONFIDENCE_POWER: Final = 20
"""Where the mask is sure, it has this weight more."""
COLOUR_WEIGHT: Final = 0.03
"""The weight of the colours' opinion where it is trusted fully."""

BLOCKS: Final = 100
LEAST_SIDE: Final = 4
"""Colours are counted in blocks, so many or a little more along the grid's longer side, and at least so many cells wide."""
NEAR: Final = 3
"""Blocks on either side whose colours make a cell's clouds: a window of 7 x 7, wider than the unknown band mostly is."""
FAR: Final = 12
"""Blocks on either side that are asked where there are few near by. Beyond, a colour is no evidence: another sheep isn't the subject."""
FAR_COUNT: Final = 2.0
"""What is far counts like so many cells near by."""
ENOUGH: Final = 10.0
"""Sure cells within `FAR` at which the clouds are trusted by half."""

SPREAD: Final = 1e-4
"""Added to each channel's variance, in units of white: 1 % of white is the least that colours are taken to vary by."""
APART: Final = 32.0
"""The d2 at which c is trusted by a quarter."""
BESIDE: Final = 10.0
"""The squared distance from the line, in the clouds' spread, at which c is trusted by half: a third colour is neither's."""

_FIRST, _SECOND = [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]
"""Channels whose products make a symmetrical matrix's upper half."""
_WHITE: Final = np.float32(255)
_CELLS_AT_A_TIME: Final = 65_536
_Planes = NDArray[np.float64]
"""(n, H, W): numbers for each block."""
_Rows = NDArray[np.float32]
"""(n, m): m numbers of one kind for each of m cells."""


def prior_and_weight(pixels: Pixels, trimap: Matte, mask: Plane, least: float) -> tuple[Plane, Plane]:
    """What each unknown cell's alpha is pulled to, and how strongly, (h, w) each; elsewhere the mask and its weight.

    `least` is the mask's weight where it is least sure. Time and memory are those of a few planes of the grid's size.
    """
    prior, weight = mask.copy(), _confidence(mask, least)
    clouds = _clouds(pixels, trimap)
    if clouds is None:
        return prior, weight
    block = _block_side(mask.shape)
    for rows, columns in _unknown(trimap):
        opinion, trust = _opinions(_between_blocks(clouds, rows, columns, block), pixels[rows, columns, :3])
        held = weight[rows, columns] * (1 - trust)
        believed = COLOUR_WEIGHT * trust
        total = held + believed
        prior[rows, columns] = (held * mask[rows, columns] + believed * opinion) / total
        weight[rows, columns] = total
    return prior, weight


def _confidence(mask: Plane, least: float) -> Plane:
    """How strongly each cell is pulled to the mask: with its confidence |2m - 1|."""
    weight: Plane = np.abs(2 * mask - 1)
    weight **= MASK_CONFIDENCE_POWER
    weight *= MASK_CONFIDENCE_WEIGHT
    weight += least
    return weight


def _unknown(trimap: Matte) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows and columns of the unknown cells, some at a time."""
    places = np.flatnonzero((trimap > 0) & (trimap < OPAQUE))
    for start in range(0, places.size, _CELLS_AT_A_TIME):
        yield np.divmod(places[start : start + _CELLS_AT_A_TIME], trimap.shape[1])


def _block_side(shape: tuple[int, ...]) -> int:
    return max(LEAST_SIDE, max(shape) // BLOCKS)


def _clouds(pixels: Pixels, trimap: Matte) -> NDArray[np.float32] | None:
    """(H, W, 13) for each block: F, B, the upper half of S^-1, and how far they are trusted; None without both kinds of sure cells."""
    sums = _sums(pixels, (trimap == OPAQUE, trimap == 0), _block_side(trimap.shape))
    if any(total[0].sum() == 0 for total in sums):
        return None
    (front, front_spread, front_trust), (back, back_spread, back_trust) = (_cloud(total) for total in sums)
    inverse = _inverse((front_spread + back_spread) / 2)
    planes = np.concatenate((front, back, inverse, (front_trust * back_trust)[None]))
    return np.ascontiguousarray(planes.transpose(1, 2, 0), np.float32)


def _sums(pixels: Pixels, kinds: Sequence[NDArray[np.bool_]], block: int) -> list[_Planes]:
    """(10, H, W) for each kind, over its cells in each block: how many, their colours in units of white, and the products of these."""
    colour = np.multiply(pixels[..., :3].transpose(2, 0, 1), 1 / _WHITE, dtype=np.float32, order="C")
    products = (colour[one] * colour[other] for one, other in zip(_FIRST, _SECOND, strict=True))
    sums: list[list[NDArray[np.float64]]] = [[_block_sums(kind, block)] for kind in kinds]
    for plane in chain(colour, products):
        for kind, totals in zip(kinds, sums, strict=True):
            totals.append(_block_sums(plane * kind, block))
    return [np.stack(totals) for totals in sums]


def _block_sums(plane: NDArray[np.generic], block: int) -> NDArray[np.float64]:
    """(H, W): the sum over each block of (h, w); those at the right and lower border are smaller."""
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % block), (0, -width % block)))
    rows: NDArray[np.float64] = padded.reshape(-1, block, padded.shape[1]).sum(axis=1, dtype=np.float64)
    total: NDArray[np.float64] = rows.reshape(rows.shape[0], -1, block).sum(axis=2)
    return total


def _cloud(sums: _Planes) -> tuple[_Planes, _Planes, NDArray[np.float64]]:
    """Mean (3, H, W), covariance (6, H, W) and trust (H, W) of one kind's colours around each block."""
    near, far = _window_sums(sums, NEAR), _window_sums(sums, FAR)
    everywhere = sums.sum(axis=(1, 2))[:, None, None]
    # With a thousandth of a cell from everywhere, so that there is always something to divide by.
    far_mean = (far + everywhere / (1000 * everywhere[0])) / (far[:1] + 1 / 1000)
    total = near + FAR_COUNT * far_mean
    mean, square = total[1:4] / total[0], total[4:] / total[0]
    return mean, square - mean[_FIRST] * mean[_SECOND], far[0] / (far[0] + ENOUGH)


def _window_sums(planes: _Planes, reach: int) -> _Planes:
    """The sum of each plane over the window around each block, as far as it lies inside."""
    for axis in (1, 2):
        length = planes.shape[axis]
        total = np.cumsum(planes, axis=axis)
        total = np.concatenate((np.zeros_like(total.take([0], axis)), total), axis=axis)
        first, last = np.maximum(np.arange(length) - reach, 0), np.minimum(np.arange(length) + reach + 1, length)
        planes = total.take(last, axis) - total.take(first, axis)
    return np.maximum(planes, 0)  # differences of sums may be a rounding below


def _inverse(covariance: _Planes) -> _Planes:
    """The inverse of (covariance + SPREAD), upper halves, (6, H, W), by cofactors."""
    rr, rg, rb, gg, gb, bb = covariance
    rr, gg, bb = rr + SPREAD, gg + SPREAD, bb + SPREAD
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    determinant = rr * c_rr + rg * c_rg + rb * c_rb
    inverse: _Planes = np.stack((c_rr, c_rg, c_rb, rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg)) / determinant
    return inverse


def _between_blocks(maps: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp], block: int) -> _Rows:
    """(n, m): the maps (H, W, n) interpolated between block centres at m cells."""
    above, below, down = _neighbours(rows, block, maps.shape[0])
    left, right, across = _neighbours(columns, block, maps.shape[1])
    top = maps[above, left] + (maps[above, right] - maps[above, left]) * across
    bottom = maps[below, left] + (maps[below, right] - maps[below, left]) * across
    values: _Rows = (top + (bottom - top) * down).T
    return values


def _neighbours(places: NDArray[np.intp], block: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """The two blocks that each place lies between, and the second's share, (m, 1); clamped at the ends."""
    at = np.clip((places + 0.5) / block - 0.5, 0, count - 1)
    first = at.astype(np.intp)
    return first, np.minimum(first + 1, count - 1), (at - first).astype(np.float32)[:, None]


def _opinions(clouds: _Rows, colours: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The c of each of m cells, in [0, 1], and how far it is trusted, by its clouds (13, m) and its colour (m, 3)."""
    front, back, inverse, known = clouds[:3], clouds[3:6], clouds[6:12], clouds[12]
    line, colour = front - back, colours.T / _WHITE - back
    along = _times(inverse, line)
    apart = (along * line).sum(axis=0)
    opinion = np.clip((along * colour).sum(axis=0) / np.maximum(apart, np.float32(1e-6)), 0, 1)
    beside = colour - opinion * line
    distance = (_times(inverse, beside) * beside).sum(axis=0)
    return opinion, known * (apart / (apart + np.float32(APART))) ** 2 / (1 + (distance / np.float32(BESIDE)) ** 2)


def _times(matrix: _Rows, vector: _Rows) -> _Rows:
    """Symmetrical matrices (6, m) times vectors (3, m)."""
    rr, rg, rb, gg, gb, bb = matrix
    red, green, blue = vector
    return np.stack((rr * red + rg * green + rb * blue, rg * red + gg * green + gb * blue, rb * red + gb * green + bb * blue))
