"""Pictures whose alpha and foreground are known exactly, each made anew from its kind and a seed.

    I = alpha F + (1 - alpha) B, then sensor noise, then JPEG.

The composite is made in 8-bit sRGB's own values, not in linear light: that is what matting's equation, an editor's "normal" layer and a
browser's `<img>` over a page mean, and so the space in which a client will put the result on something else. F and alpha are true before
noise and JPEG. A shadow that the subject throws is part of B: a cutout has none.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
from PIL import Image
from scipy import ndimage

from benchmarks.quality import subjects
from benchmarks.quality.canvas import Colour, Layer, Plane
from benchmarks.quality.subjects import Random

NETWORK_SIDE: Final = 320
"""The u2net family's."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture and its truth.

    `source` is the JPEG file that a client would send; `alpha` (h, w) in [0, 1]; `foreground` (h, w, 3) straight, 0-255, true where alpha
    is above 0; `edges` says what kind of truth it is.
    """

    name: str
    edges: Literal["soft", "hard"]
    source: bytes
    alpha: Plane
    foreground: Colour


Draw = Callable[[Random, int, int], Layer]


def _moved(draw: Draw) -> Draw:
    return lambda rng, width, height: subjects.moved(
        draw(rng, width, height), height * rng.uniform(0.02, 0.06), rng.uniform(0, np.pi)
    )


def _defocused(draw: Draw) -> Draw:
    return lambda rng, width, height: subjects.defocused(draw(rng, width, height), height * rng.uniform(0.004, 0.012))


_SOFT: Final[dict[str, Draw]] = {
    "hair": subjects.portrait,
    "fur": subjects.cat,
    "defocus": _defocused(subjects.dahlia),
    "motion": _moved(subjects.saucer),
    "glass": subjects.glass,
}
_HARD: Final[dict[str, Draw]] = {
    "petals": subjects.dahlia,
    "shadow": subjects.saucer,
    "horse": subjects.horse,
    "wheel": subjects.wheel,
}
KINDS: Final = MappingProxyType(_SOFT | _HARD)
_STANDING: Final = frozenset({"shadow", "horse", "wheel", "glass"})
"""Kinds that throw a shadow on what is below and beside them."""


def make_scene(kind: str, seed: int, megapixels: float = 0.6) -> Scene:
    """The picture of this kind and seed: the same on every machine up to the last bit of floating-point libraries and libjpeg."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    aspect = rng.uniform(0.75, 1.35)
    width, height = (round(np.sqrt(megapixels * 1e6 * ratio)) for ratio in (aspect, 1 / aspect))
    subject = KINDS[kind](rng, width, height)
    behind = subjects.backdrop(rng, width, height)
    if kind in _STANDING:
        behind = _shaded(behind, subject.alpha, rng)
    exact = over(subject, behind)
    return Scene(
        f"{kind}-{seed}",
        "soft" if kind in _SOFT else "hard",
        photograph(exact, rng),
        subject.alpha,
        subject.colour * np.float32(255),
    )


def over(subject: Layer, behind: Colour) -> Colour:
    """Alpha F + (1 - alpha) B, in [0, 1]."""
    picture: Colour = behind + subject.alpha[..., None] * (subject.colour - behind)
    return picture


def photograph(exact: Colour, rng: Random) -> bytes:
    """What a camera would store: photon and read-out noise (standard deviation 0.5 to 4.7 of 255, more in bright parts), then JPEG."""
    read_out, photons = rng.uniform(0.5, 2.5) / 255, rng.uniform(0.2, 4.0) / 255
    deviation = np.sqrt(read_out**2 + photons**2 * exact)
    noisy = exact + deviation * rng.standard_normal(exact.shape, np.float32)
    file = io.BytesIO()
    levels = np.clip(noisy * 255 + 0.5, 0, 255).astype(np.uint8)
    Image.fromarray(levels).save(file, "JPEG", quality=int(rng.integers(85, 97)), subsampling=int(rng.integers(0, 3)))
    return file.getvalue()


def network_output(alpha: Plane, rng: Random) -> Plane:
    """The truth as a segmentation network would return it, (320, 320): a stand-in that finds the right subject, always.

    Area-averaged to the network's grid, blurred, its outline shifted in or out and uneven, its values pushed towards sure. On the hair,
    fur and glass of this set it is about as far off as u2netp is where that finds the subject.
    """
    stretched = Image.fromarray(alpha).resize((NETWORK_SIDE, NETWORK_SIDE), Image.Resampling.BOX)
    blurred = ndimage.gaussian_filter(np.asarray(stretched), rng.uniform(1.0, 2.2))
    unevenness = ndimage.zoom(rng.standard_normal((10, 10)), NETWORK_SIDE / 10, order=3)
    shift = rng.normal(0, 0.5) + 0.35 * unevenness
    logit = 9 * (blurred - 0.5) + shift
    squashed = 1 / (1 + np.exp(-logit))
    low, high = 1 / (1 + np.exp(4.5)), 1 / (1 + np.exp(-4.5))
    return np.asarray(np.clip((squashed - low) / (high - low), 0, 1), np.float32)


def _shaded(behind: Colour, alpha: Plane, rng: Random) -> Colour:
    """The backdrop under the subject's soft shadow: its alpha, shifted and blurred, darkens by up to two thirds."""
    height, width = alpha.shape
    thrown = ndimage.shift(alpha, (0.03 * height, rng.uniform(-0.06, 0.06) * width), order=1, mode="nearest")
    soft = ndimage.gaussian_filter(thrown, rng.uniform(0.006, 0.025) * height)
    return np.asarray(behind * (1 - np.float32(rng.uniform(0.3, 0.65)) * soft[..., None]))
