"""The trimap: which pixels are surely subject, which surely background, and which matting has to decide."""

import numpy as np

from cutout.domain.removal import MattingThresholds
from cutout.imaging.image import Plane
from cutout.imaging.regions import erode


def make_trimap(mask: Plane, thresholds: MattingThresholds) -> Plane:
    """0 background, 0.5 unknown, 1 subject, (h, w) float32.

    With the mask in units of 0-255: above `foreground` is surely subject, below `background` surely background, and both are eroded by a
    square of side `erode_size`. Where the mask has a hard edge, the unknown band is thus `erode_size` - 1 pixels wide.

    What lies beyond the picture is taken to be like its border: a subject cut off by the frame stays sure up to it. (rembg takes it to be
    background, and hands the whole border of such a picture to matting.)

    Any outcome is a trimap: no unknown pixel where the thresholds touch and nothing is eroded; no sure one where the erosion is larger
    than every region. A region that fills the whole picture is not eroded, since it has no edge.
    """
    subject = erode(mask > np.float32(thresholds.foreground / 255), thresholds.erode_size)
    background = erode(mask < np.float32(thresholds.background / 255), thresholds.erode_size)
    trimap = np.full(mask.shape, 0.5, np.float32)
    trimap[subject] = 1
    trimap[background] = 0
    return trimap
