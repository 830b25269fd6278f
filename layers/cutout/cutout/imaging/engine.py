"""The port behind which a removal engine stands: pixels and settings in, cutout or matte out."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from cutout.domain.removal import RemovalSettings
from cutout.imaging.image import Cutout, Image, Plane

Stage = Callable[[str], AbstractContextManager[object]]
"""Opened around each named step of the work, so that the caller may time it: the core itself has no clock."""


def untimed(_name: str) -> AbstractContextManager[object]:
    """A `Stage` for callers who don't measure."""
    return nullcontext()


class RemovalEngine(Protocol):
    """Removes backgrounds. Implementations are safe to call from one thread at a time."""

    def matte(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Plane:
        """The alpha of the subject, (h, w) float32 in [0, 1]; zero throughout where no subject was found."""
        ...

    def cut_out(self, image: Image, settings: RemovalSettings, stage: Stage = untimed) -> Cutout:
        """The subject's own colour and its straight alpha."""
        ...
