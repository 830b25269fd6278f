"""Putting the subject on a background: "over" (Porter & Duff 1984, "Compositing digital images") on straight alpha, in exact integers.

Alpha is quantised first, so that a PNG flattened by the client gives the same bytes as a JPG flattened here.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

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
    opacity = round(background.opacity * _OPAQUE)
    picture = np.empty((*alpha.shape, 4), np.uint8)
    for channel in range(3):  # three strided copies are several times faster than one of short rows
        picture[..., channel] = cutout.foreground[..., channel]
    picture[..., 3] = alpha
    _as_words(picture)[alpha == 0] = _as_words(np.array((*background.rgb, opacity), np.uint8))
    if opacity:
        _blend_soft_pixels(picture.reshape(-1, 4), alpha.ravel(), background.rgb, opacity)
    return picture


def flatten(cutout: Cutout, colour: tuple[int, int, int]) -> Rgb:
    """The cutout on an opaque colour, alpha dropped: alpha F + (1 - alpha) B, rounded to nearest."""
    alpha = Pillow.fromarray(quantise(cutout.alpha))
    picture = Pillow.new("RGB", alpha.size, colour)
    picture.paste(Pillow.fromarray(cutout.foreground), mask=alpha)
    return np.asarray(picture)


def _as_words(rgba: Rgba) -> NDArray[np.uint32]:
    return rgba.view(np.uint32)[..., 0]


def _blend_soft_pixels(pixels: Rgba, alpha: NDArray[np.uint8], colour: tuple[int, int, int], opacity: int) -> None:
    """Blend, in place, the (n, 4) pixels that are neither all subject nor all background."""
    soft = np.flatnonzero((alpha > 0) & (alpha < _OPAQUE))
    share = alpha[soft].astype(np.int32)[:, None]
    front, back = share * _OPAQUE, (_OPAQUE - share) * opacity
    total = front + back
    blend = front * pixels[soft, :3] + back * np.array(colour, np.int32)
    pixels[soft, :3] = (blend + total // 2) // total
    pixels[soft, 3] = ((total + _OPAQUE // 2) // _OPAQUE)[:, 0]


def as_seen(image: Image) -> Rgb:
    """The picture as it looks: one that has alpha of its own is put on white or black, whichever its visible part contrasts with more.

    The colour under alpha 0 is arbitrary, often what was there before someone removed it, so nothing may look at it.
    """
    if image.alpha is None:
        return image.rgb
    # Green stands for brightness. Row by row: no temporary of the picture's size, and no float32 sum over millions.
    visible = np.einsum("yx->y", image.alpha).sum(dtype=np.float64)
    brightness = np.einsum("yx,yx->y", image.rgb[..., 1], image.alpha).sum(dtype=np.float64)
    plain = (0, 0, 0) if brightness > visible * _OPAQUE / 2 else (_OPAQUE, _OPAQUE, _OPAQUE)
    return flatten(Cutout(image.rgb, image.alpha), plain)
