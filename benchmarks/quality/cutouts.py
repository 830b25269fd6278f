"""Cutouts as files, whoever made them."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.quality.variants import Mode

Cutouts = Mapping[tuple[str, Mode, str, str], bytes]
"""PNG files by picture, mode, system and variant."""


def read_cutout(png: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A PNG's colour (h, w, 3), 0-255, and its alpha (h, w), 0-1."""
    rgba = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"), np.float32)
    return rgba[..., :3], rgba[..., 3] / np.float32(255)
