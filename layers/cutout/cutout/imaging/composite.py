"""Putting the subject on a background: "over" (Porter & Duff 1984, "Compositing digital images") on straight alpha, in exact integers.

Alpha is quantised first, so that a PNG flattened by the client gives the same bytes as a JPG flattened here.
"""

import numpy as np
from numpy.typing import NDArray

from cutout.domain.removal import Background
from cutout.imaging.image import Cutout, Image, Plane, Rgb, Rgba

_OPAQUE = 255


def quantise(plane: Plane) -> NDArray[np.uint8]:
    """A plane in [0, 1] as 0-255, rounded to nearest."""
    scaled = plane * np.float32(_OPAQUE)
    scaled += np.float32(0.5)
    return scaled.astype(np.uint8)


def composite(cutout: Cutout, background: Background) -> Rgba:
    """The cutout over a background of one colour and opacity b, straight alpha:

    alpha_o = alpha + b (1 - alpha),  C_o = (alpha F + b (1 - alpha) B) / alpha_o.

    Where alpha is 0 the colour is the background's throughout, also where b is 0 and nobody sees it: it compresses to nothing, and what
    was removed doesn't linger in the file.
    """
    alpha = quantise(cutout.alpha)
    behind = round(background.opacity * _OPAQUE)
    picture = np.empty((*alpha.shape, 4), np.uint8)
    picture[..., :3] = cutout.foreground
    picture[..., 3] = alpha
    picture[alpha == 0] = (*background.rgb, behind)

    soft = (alpha > 0) & (alpha < _OPAQUE)
    if behind and soft.any():
        opacity = alpha[soft].astype(np.int32)[:, None]
        front, back = opacity * _OPAQUE, (_OPAQUE - opacity) * behind
        total = front + back
        colour = front * picture[soft, :3] + back * np.array(background.rgb, np.int32)
        picture[soft, :3] = (colour + total // 2) // total
        picture[soft, 3] = ((total + _OPAQUE // 2) // _OPAQUE)[:, 0]
    return picture


def flatten(cutout: Cutout, colour: tuple[int, int, int]) -> Rgb:
    """The cutout on an opaque colour, alpha dropped: alpha F + (1 - alpha) B, rounded to nearest."""
    alpha = quantise(cutout.alpha)
    picture = cutout.foreground.copy()
    picture[alpha == 0] = colour
    soft = (alpha > 0) & (alpha < _OPAQUE)
    front = alpha[soft].astype(np.int32)[:, None]
    blend = front * picture[soft] + (_OPAQUE - front) * np.array(colour, np.int32)
    picture[soft] = (blend + _OPAQUE // 2) // _OPAQUE
    return picture


def as_seen(image: Image) -> Rgb:
    """The picture as it looks: one that has alpha of its own is put on white or black, whichever its visible part contrasts with more.

    The colour under alpha 0 is arbitrary, often what was there before someone removed it, so nothing may look at it.
    """
    if image.alpha is None:
        return image.rgb
    visible = float(image.alpha.sum())
    brightness = float((image.rgb.mean(axis=-1) * image.alpha).sum()) / visible if visible else 0.0
    plain = (0, 0, 0) if brightness >= (_OPAQUE + 1) / 2 else (_OPAQUE, _OPAQUE, _OPAQUE)
    return flatten(Cutout(image.rgb, image.alpha), plain)
