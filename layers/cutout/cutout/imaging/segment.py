"""Segmentation: the picture through a network, and the network's small mask back to the picture's size."""

from typing import Final

import numpy as np
from PIL import Image as Pillow
from PIL import ImageChops

from cutout.imaging import _native
from cutout.imaging.composite import as_seen
from cutout.imaging.edges import LARGE, follow_edges
from cutout.imaging.image import Image, Matte, Pixels, Plane, Rgb
from cutout.imaging.models import ModelSpec, Network
from cutout.imaging.resample import enlarge
from cutout.imaging.threads import workers

NO_SUBJECT_BELOW: Final = 0.5
"""The networks return each pixel's probability of being subject. Where not one pixel is more likely subject than not, there is none.

With u2netp, real subjects reach 0.78-1.00; grass, gravel, stars, a page of text and noise 0.11-0.43; one colour 0.00-0.06."""

_LEAST_WHITE: Final = 16
"""Brightening stops at 255 / 16: below that a picture is sensor noise."""


_HALF_A_STEP: Final = 0.5 / 255
"""What 8 bits can't tell from 0 or 1 is made exactly that: matting and foreground estimation work on what is neither."""


def segment(image: Image, network: Network, *, along_edges: bool = False) -> Matte:
    """Where the subject is, (h, w): zero throughout where the network finds none.

    A picture that has alpha is shown to the network as it looks (`as_seen`), and the mask is multiplied by that alpha: what was already
    cut out stays out. The edges of a large picture's mask follow the picture's; with `along_edges`, those of any picture's.
    """
    pixels = as_seen(image)
    cells = predict(thumbnail(pixels, network.spec.input_size), network)
    follows = along_edges or image.width * image.height >= LARGE
    mask = follow_edges(pixels, cells) if follows else enlarge(cells, image.width, image.height)
    return mask if image.alpha is None else _times(mask, image.alpha)


def _times(mask: Matte, alpha: Matte) -> Matte:
    return np.asarray(ImageChops.multiply(Pillow.fromarray(mask), Pillow.fromarray(alpha)))


def thumbnail(pixels: Pixels, side: int) -> Rgb:
    """The picture at the network's (side, side), not keeping its aspect: the networks were trained so. LANCZOS, as rembg does."""
    small = np.empty((side, side, 3), np.uint8)
    _native.resample(np.ascontiguousarray(pixels), small, workers())
    return small


def predict(seen: Rgb, network: Network) -> Plane:
    """The network's mask (n, n) in [0, 1] of a thumbnail (n, n, 3), scaled so that its surest pixel is 1."""
    raw = network.infer(normalise(seen, network.spec))
    return scale_to_range(sigmoid(raw) if network.spec.activation == "sigmoid" else raw)


def normalise(seen: Rgb, spec: ModelSpec) -> Plane:
    """The network's input (1, 3, n, n): (c / white - mean) / std, in one pass.

    White is the thumbnail's brightest sample, not 255: U2-Net was trained on pictures normalised so (Qin et al. 2020, `ToTensorLab`).
    """
    white = max(int(seen.max()), _LEAST_WHITE)
    mean, std = (np.array(values, np.float32)[:, None, None] for values in (spec.mean, spec.std))
    batch = np.multiply(seen.transpose(2, 0, 1), 1 / (std * white), dtype=np.float32)
    batch -= mean / std
    return batch[None]


def sigmoid(logits: Plane) -> Plane:
    """1 / (1 + exp(-x)), without overflow at either end."""
    squashed: Plane = np.tanh(logits * np.float32(0.5))
    return (squashed + 1) * np.float32(0.5)


def scale_to_range(probability: Plane) -> Plane:
    """Stretch to [0, 1] by the extremes, as rembg does, but only where there are both a subject and a background.

    Stretching always finds both: noise becomes a subject, and the shades of a subject that fills the picture become holes. So a picture
    without a pixel above `NO_SUBJECT_BELOW` gives zeros, and one without a pixel below it is not stretched downwards.
    """
    low, high = float(probability.min()), float(probability.max())
    if not high >= NO_SUBJECT_BELOW:  # so that NaN is no subject either
        return np.zeros_like(probability)
    low = low if low < NO_SUBJECT_BELOW else 0.0
    scaled = (probability - low) / (high - low)
    scaled[scaled < _HALF_A_STEP] = 0
    scaled[scaled > 1 - _HALF_A_STEP] = 1
    return scaled
