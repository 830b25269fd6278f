"""Our side: the product's own pipeline, file in, file out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.variants import Variant
from cutout.domain.removal import InputLimits, MattingThresholds, OutputSettings, RemovalSettings
from cutout.imaging.engine import CutoutEngine
from cutout.imaging.models import ModelSpec, Network, load_registry
from cutout.imaging.pipeline import remove_background


@dataclass(frozen=True, slots=True)
class GivenMask:
    """A `Network` that returns what it was given, whatever it is shown."""

    spec: ModelSpec
    mask: NDArray[np.float32]

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: ARG002 - the port's signature
        """The given (n, n) mask."""
        return self.mask


def given(mask: NDArray[np.float32], model: str) -> Network:
    """A network of that model's kind, whose mask is this one."""
    return GivenMask(load_registry()[model], mask)


def cut_out(source: bytes, network: Network, variant: Variant) -> bytes:
    """The product's PNG."""
    matting = MattingThresholds() if variant.options.get("alpha_matting") else None
    settings = RemovalSettings(
        network.spec.name, post_process_mask=variant.options.get("post_process_mask", False), matting=matting
    )
    return remove_background(source, settings, OutputSettings(), InputLimits(), CutoutEngine(lambda _name: network)).encoded
