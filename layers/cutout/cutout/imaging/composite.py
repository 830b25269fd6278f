"""Putting the subject on a background: "over" (Porter & Duff 1984, "Compositing digital images") on straight alpha, in exact integers."""

import numpy as np

from cutout.domain.removal import Background
from cutout.imaging import _native
from cutout.imaging.image import OPAQUE, Cutout, Image, Pixels, Rgba
from cutout.imaging.threads import workers


def composite(cutout: Cutout, background: Background) -> Rgba:
    """The cutout over a background of one colour and opacity b, straight alpha:

    alpha_o = alpha + b (1 - alpha),  C_o = (alpha F + b (1 - alpha) B) / alpha_o.

    In place: the picture takes the memory of the cutout's foreground. Where alpha is 0 the colour is the background's throughout, also
    where b is 0 and nobody sees it: it compresses to nothing, and what was removed doesn't linger in the file.
    """
    _native.composite(cutout.foreground, cutout.alpha, (*background.rgb, round(background.opacity * OPAQUE)), workers())
    return cutout.foreground


def as_seen(image: Image) -> Pixels:
    """The picture as it looks: one that has alpha of its own is put on white or black, whichever its visible part contrasts with more.

    The colour under alpha 0 is arbitrary, often what was there before someone removed it, so nothing may look at it.
    """
    if image.alpha is None:
        return image.pixels
    # Green stands for brightness. Row by row: no temporary of the picture's size, and no float32 sum over millions.
    visible = np.einsum("yx->y", image.alpha, dtype=np.float32).sum(dtype=np.float64)
    brightness = np.einsum("yx,yx->y", image.pixels[..., 1], image.alpha, dtype=np.float32).sum(dtype=np.float64)
    plain = (0, 0, 0) if brightness > visible * OPAQUE / 2 else (OPAQUE, OPAQUE, OPAQUE)
    return composite(Cutout(image.pixels.copy(), image.alpha), Background(*plain, 1.0))
