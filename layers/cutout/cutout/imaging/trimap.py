"""The trimap: which pixels are surely subject, which surely background, and which matting has to decide."""

import numpy as np

from cutout.domain.removal import MattingThresholds
from cutout.imaging.image import OPAQUE, UNKNOWN, Matte
from cutout.imaging.regions import erode


def make_trimap(mask: Matte, thresholds: MattingThresholds) -> Matte:
    """0 background, 128 unknown, 255 subject, (h, w).

    Above `foreground` is surely subject, below `background` surely background, and both are eroded by a
    square of side `erode_size`. Where the mask has a hard edge, the unknown band is thus `erode_size` - 1 pixels wide.

    What lies beyond the picture is taken to be like its border: a subject cut off by the frame stays sure up to it. (rembg takes it to be
    background, and hands the whole border of such a picture to matting.)

    Any outcome is a trimap: no unknown pixel where the thresholds touch and nothing is eroded; no sure one where the erosion is larger
    than every region. A region that fills the whole picture is not eroded, since it has no edge.
    """
    subject = erode(mask > thresholds.foreground, thresholds.erode_size)
    background = erode(mask < thresholds.background, thresholds.erode_size)
    trimap = np.full(mask.shape, UNKNOWN, np.uint8)
    trimap[subject] = OPAQUE
    trimap[background] = 0
    return trimap
