"""The picture that is timed: a photograph with a subject, at any size, with sensor noise."""

import io
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

PHOTOGRAPH: Final = Path("docs/images/astronaut.jpg")
"""A NASA photograph in the public domain."""
NOISE: Final = 2.5
"""Standard deviation, of 255. Without it an enlarged picture is smoother than any camera's: it compresses to little, and closed-form
matting's equations become singular."""
_ROWS: Final = 256


def enlarged(megapixels: int) -> bytes:
    """A square JPEG of so many megapixels, quality 92; the same bytes every time."""
    side = round((megapixels * 1_000_000) ** 0.5)
    picture = np.array(Image.open(PHOTOGRAPH).convert("RGB").resize((side, side), Image.Resampling.BICUBIC))
    rng = np.random.default_rng(megapixels)
    for top in range(0, side, _ROWS):
        strip = picture[top : top + _ROWS]
        noisy = strip + NOISE * rng.standard_normal(strip.shape, np.float32)
        strip[:] = np.clip(noisy + 0.5, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=92)
    return file.getvalue()
