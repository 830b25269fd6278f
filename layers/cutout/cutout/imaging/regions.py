"""Binary morphology on regions (Serra 1982, "Image analysis and mathematical morphology"), in time that grows with the pixels alone."""

import numpy as np
from numpy.typing import NDArray

Region = NDArray[np.bool_]
"""(h, w), True inside."""


def erode(region: Region, size: int) -> Region:
    """Erosion by a square of side `size`, whose centre is at `size // 2`; beyond the border counts as inside.

    Rows, then columns, each by doubling: the minimum of 2n neighbours is that of two runs of n. At most eight passes for a side up to 255.
    """
    return _erode_along(1, _erode_along(0, region, size), size)


def dilate(region: Region, size: int) -> Region:
    """Dilation by a square of odd side `size`; beyond the border counts as outside."""
    return ~erode(~region, size)


def touched(region: Region, marker: Region) -> Region:
    """The connected parts (eight neighbours) of `region` in which `marker`, a part of it, has a pixel: opening by reconstruction.

    Works on the runs of each row. Each round joins every part with a neighbour, so that there are log2(runs) rounds however a part winds.
    """
    height, width = region.shape
    stride = width + 1  # one empty column, so that no run goes on into the next row
    padded = np.zeros((height, stride), np.int8)
    padded[:, :width] = region
    edges = np.diff(padded.ravel(), prepend=np.int8(0))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)

    first = np.searchsorted(ends, starts - stride - 1, side="right")
    last = np.searchsorted(starts, ends - stride + 1, side="left")
    counts = np.maximum(last - first, 0)
    below = np.repeat(np.arange(starts.size), counts)
    above = np.arange(below.size) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    part = _join(starts.size, above, below)

    padded[:, :width] = marker
    markers_before = np.concatenate(([0], np.cumsum(padded.ravel(), dtype=np.int64)))
    is_marked = markers_before[ends] > markers_before[starts]
    part_is_marked = np.zeros(starts.size, np.bool_)
    part_is_marked[part[is_marked]] = True

    kept = part_is_marked[part]
    paint = np.zeros(height * stride, np.int8)
    paint[starts[kept]] = 1
    paint[ends[kept]] = -1
    return np.cumsum(paint, dtype=np.int8).reshape(height, stride)[:, :width].astype(np.bool_)


def _erode_along(axis: int, region: Region, size: int) -> Region:
    margins = [(0, 0), (0, 0)]
    margins[axis] = (size // 2, (size - 1) // 2)
    # Swapping axes moves no byte: both directions run along memory.
    run = np.pad(region, margins, constant_values=True).swapaxes(0, axis)
    length = 1
    while length < size:
        step = min(length, size - length)
        run = run[:-step] & run[step:]
        length += step
    return run.swapaxes(0, axis)


def _join(count: int, one: NDArray[np.intp], other: NDArray[np.intp]) -> NDArray[np.intp]:
    """The smallest member of each member's connected part, in the graph of `count` members with edges between `one` and `other`."""
    part = np.arange(count)
    while (part[one] != part[other]).any():
        low = np.minimum(part[one], part[other])
        np.minimum.at(part, part[one], low)
        np.minimum.at(part, part[other], low)
        while (part != part[part]).any():
            part = part[part]
    return part
