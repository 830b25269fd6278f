"""The trimap: which pixels are surely subject, which surely background, and which matting has to decide."""

import numpy as np

from cutout.domain.removal import MattingThresholds
from cutout.imaging import _native
from cutout.imaging.image import Matte
from cutout.imaging.threads import workers


def make_trimap(mask: Matte, thresholds: MattingThresholds) -> Matte:
    """0 background, 128 unknown, 255 subject, (h, w).

    Above `foreground` is surely subject, below `background` surely background, and both are eroded by a square of side `erode_size`. Where
    the mask has a hard edge, the unknown band is thus `erode_size` - 1 pixels wide.

    What lies beyond the picture is taken to be like its border: a subject cut off by the frame stays sure up to it. (rembg takes it to be
    background, and hands the whole border of such a picture to matting.)

    Any outcome is a trimap: no unknown pixel where the thresholds touch and nothing is eroded; no sure one where the erosion is larger
    than every region. A region that fills the whole picture is not eroded, since it has no edge.
    """
    trimap = np.empty(mask.shape, np.uint8)
    _native.make_trimap(
        np.ascontiguousarray(mask), trimap, thresholds.foreground, thresholds.background, thresholds.erode_size, workers()
    )
    return trimap
