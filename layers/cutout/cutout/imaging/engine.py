"""The port behind which a removal engine stands (pixels and settings in, cutout or matte out), and our own engine."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import numpy as np

from cutout.domain.removal import RemovalSettings
from cutout.imaging.composite import as_seen
from cutout.imaging.edges import refine_edges
from cutout.imaging.foreground import estimate_foreground
from cutout.imaging.image import OPAQUE, Cutout, Image, Matte
from cutout.imaging.mask import clean_up
from cutout.imaging.matting import estimate_alpha
from cutout.imaging.models import Network
from cutout.imaging.segment import segment
from cutout.imaging.trimap import make_trimap

Stage = Callable[[str], AbstractContextManager[object]]
"""Opened around each named step of the work, so that the caller may time it: the core itself has no clock."""


def untimed(_name: str) -> AbstractContextManager[object]:
    """A `Stage` for callers who don't measure."""
    return nullcontext()


class RemovalEngine(Protocol):
    """Removes backgrounds. Implementations are safe to call from one thread at a time."""

    def matte(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Matte:
        """The alpha of the subject, (h, w); zero throughout where no subject was found."""
        ...

    def cut_out(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Cutout:
        """The subject's own colour and its straight alpha. The image is used up: its pixels become the cutout's."""
        ...


class CutoutEngine:
    """Our own engine: a segmentation network, then matting on the unknown band, then the subject's own colour on soft edges.

    `network_named` gives the warm network of a model's name.
    """

    def __init__(self, network_named: Callable[[str], Network]) -> None:
        self._network_named = network_named

    def matte(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Matte:
        with stage("segment"):
            mask = segment(image, self._network_named(settings.model), along_edges=settings.post_process_mask)
        if settings.post_process_mask:
            with stage("mask"):
                mask = _no_more_than(image.alpha, refine_edges(as_seen(image), clean_up(mask)))
        if settings.matting is None or not mask.any():
            return mask

        with stage("trimap"):
            trimap = make_trimap(mask, settings.matting)
        with stage("matting"):
            alpha = estimate_alpha(as_seen(image), mask, trimap)
        return _no_more_than(image.alpha, alpha)

    def cut_out(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Cutout:
        alpha = self.matte(image, settings, stage)
        with stage("foreground"):
            estimate_foreground(image.pixels, _share_of_visible(alpha, image))
        return Cutout(image.pixels, alpha)


def _no_more_than(own: Matte | None, alpha: Matte) -> Matte:
    """Nothing becomes more opaque than the file was."""
    return alpha if own is None else np.minimum(alpha, own)


def _share_of_visible(alpha: Matte, image: Image) -> Matte:
    """How much of a pixel's own colour is the subject's.

    A file's straight alpha has already been taken out of its colour; only what the mask took away on top of that is still mixed in.
    """
    if image.alpha is None:
        return alpha
    own = np.maximum(image.alpha, 1)
    share = alpha * np.uint16(OPAQUE) + own // 2
    visible: Matte = np.minimum(share // own, OPAQUE).astype(np.uint8)
    return visible
