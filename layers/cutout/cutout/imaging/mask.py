"""Cleaning a mask up: specks away, pinholes closed, the outline left as it is (`postProcessMask`)."""

from typing import Final

import numpy as np
from PIL import Image as Pillow

from cutout.imaging.image import Plane
from cutout.imaging.regions import Region, dilate, erode, touched

GRID: Final = 320
"""Cells along the picture's longer side: the work is done on a reduced mask, since what it looks for is as large as the network's cells."""
NARROW: Final = 5
"""A speck or a pinhole is what a square of this many cells doesn't fit into: narrower than 1/64 of the picture's longer side."""
FAINT: Final = 0.1
"""Down to this value a pixel belongs to the region whose soft edge it is."""


def clean_up(mask: Plane) -> Plane:
    """Remove specks and close pinholes; everything else keeps its values, soft edges above all.

    rembg opens the mask by a cross of 3 pixels at full size, blurs it (sigma 2) and cuts it at half: it takes away single pixels, where
    what a network leaves is dozens of pixels wide, and the soft edge becomes a staircase. Here a separate part goes if it is narrow
    everywhere; one that is wide anywhere stays whole, with its thinnest strand (opening by reconstruction: Vincent 1993, "Morphological
    grayscale reconstruction in image analysis"). The same on the inverse closes holes. Where every part is narrow, so is the subject,
    and nothing goes.

    Time is linear in pixels; a mask without specks and pinholes is returned as it is.
    """
    specks = _narrow_parts(_in_cells(mask, np.maximum) > FAINT)
    if specks.any():
        mask = mask * _gate(specks, mask)
    pinholes = _narrow_parts(_in_cells(mask, np.minimum) < 1 - FAINT)
    if pinholes.any():
        mask = 1 - (1 - mask) * _gate(pinholes, mask)
    return mask


def _in_cells(mask: Plane, extreme: np.ufunc) -> Plane:
    """The largest or smallest value in each cell, so that no strand is too thin to hold a part together."""
    cell = -(-max(mask.shape) // GRID)
    rows, columns = (np.arange(0, length, cell) for length in mask.shape)
    cells: Plane = extreme.reduceat(extreme.reduceat(mask, rows, axis=0), columns, axis=1)
    return cells


def _narrow_parts(region: Region) -> Region:
    """The connected parts that are narrow everywhere, unless all are."""
    wide = erode(region, NARROW)
    return region & ~touched(region, wide) if wide.any() else wide


def _gate(shut: Region, mask: Plane) -> Plane:
    """0 on the cells of `shut`, 1 elsewhere, at the mask's size. The cells around them close too, so that the ramp lies outside them."""
    height, width = mask.shape
    is_open = (~dilate(shut, 3)).astype(np.float32)
    return np.asarray(Pillow.fromarray(is_open).resize((width, height), Pillow.Resampling.BILINEAR))
