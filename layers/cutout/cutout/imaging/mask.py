"""Cleaning a mask up: specks away, pinholes closed, the outline left as it is (`postProcessMask`)."""

from typing import Final

import numpy as np
from PIL import Image as Pillow

from cutout.imaging.image import OPAQUE, Matte
from cutout.imaging.regions import Region, dilate, erode, touched

GRID: Final = 320
"""Cells along the picture's longer side: the work is done on a reduced mask, since what it looks for is as large as the network's cells."""
NARROW: Final = 5
"""A speck or a pinhole is what a square of this many cells doesn't fit into: narrower than 1/64 of the picture's longer side."""
FAINT: Final = 25
"""Down to this value a pixel belongs to the region whose soft edge it is."""


def clean_up(mask: Matte) -> Matte:
    """Remove specks and close pinholes; everything else keeps its values, soft edges above all.

    rembg opens the mask by a cross of 3 pixels at full size, blurs it (sigma 2) and cuts it at half: it takes away single pixels, where
    what a network leaves is dozens of pixels wide, and the soft edge becomes a staircase. Here a separate part goes if it is narrow
    everywhere; one that is wide anywhere stays whole, with its thinnest strand (opening by reconstruction: Vincent 1993, "Morphological
    grayscale reconstruction in image analysis"). The same on the inverse closes holes. Where every part is narrow, so is the subject,
    and nothing goes.

    Time is linear in pixels; a mask without specks and pinholes is returned as it is.
    """
    cell = -(-max(mask.shape) // GRID)
    specks = _narrow_parts(_in_cells(mask, cell, np.maximum) > FAINT)
    if specks.any():
        mask = _fade(mask, specks, cell)
    pinholes = _narrow_parts(_in_cells(mask, cell, np.minimum) < OPAQUE - FAINT)
    if pinholes.any():
        mask = ~_fade(~mask, pinholes, cell)
    return mask


def _in_cells(mask: Matte, cell: int, extreme: np.ufunc) -> Matte:
    """The largest or smallest value in each cell, so that no strand is too thin to hold a part together."""
    return _in_rows_of_cells(_in_rows_of_cells(mask, cell, extreme).T, cell, extreme).T


def _in_rows_of_cells(mask: Matte, cell: int, extreme: np.ufunc) -> Matte:
    height, width = mask.shape
    whole = height // cell * cell  # the last row of cells may be lower
    rows = [extreme.reduce(mask[:whole].reshape(-1, cell, width), axis=1)]
    if whole < height:
        rows.append(extreme.reduce(mask[whole:], axis=0, keepdims=True))
    return np.concatenate(rows)


def _narrow_parts(region: Region) -> Region:
    """The connected parts that are narrow everywhere, unless all are."""
    wide = erode(region, NARROW)
    return region & ~touched(region, wide) if wide.any() else wide


def _fade(mask: Matte, parts: Region, cell: int) -> Matte:
    """`mask` with 0 on the cells of `parts` and on those around them, so that the ramp back to its own values lies outside them."""
    shut = dilate(parts, 3)
    rows, columns = (slice(along[0], along[-1] + 1) for along in map(np.unique, np.nonzero(dilate(shut, 3))))
    is_open = Pillow.fromarray((~shut[rows, columns]).astype(np.float32))
    gate = np.asarray(is_open.resize((is_open.width * cell, is_open.height * cell), Pillow.Resampling.BILINEAR))

    faded = mask.copy()
    patch = faded[rows.start * cell : rows.stop * cell, columns.start * cell : columns.stop * cell]
    patch[...] = patch * gate[: patch.shape[0], : patch.shape[1]] + np.float32(0.5)
    return faded
