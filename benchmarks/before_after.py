"""Makes README's picture with the product itself: `python -m benchmarks.before_after`.

A photograph, its cutout over a chequerboard, and over a plain colour. The portrait is a NASA photograph in the public domain.
"""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from cutout.adapters.onnx import OnnxModels
from cutout.domain.removal import InputLimits, OutputSettings, RemovalSettings
from cutout.imaging.engine import CutoutEngine
from cutout.imaging.pipeline import remove_background

SOURCE = Path("docs/images/astronaut.jpg")
TARGET = Path("docs/images/before-after.jpg")
SQUARE = 16
COLOUR = (236, 196, 86)


def chequerboard(size: tuple[int, int]) -> Image.Image:
    width, height = size
    rows, columns = np.indices((height, width)) // SQUARE
    grey = np.where((rows + columns) % 2, 255, 225).astype(np.uint8)
    return Image.fromarray(grey).convert("RGBA")


def main() -> None:
    source = SOURCE.read_bytes()
    engine = CutoutEngine(OnnxModels(Path(".models")).network)
    removed = remove_background(source, RemovalSettings("u2netp"), OutputSettings(), InputLimits(), engine)
    before, cutout = Image.open(io.BytesIO(source)).convert("RGBA"), Image.open(io.BytesIO(removed.encoded))
    panels = [before, chequerboard(cutout.size), Image.new("RGBA", cutout.size, COLOUR)]
    for panel in panels[1:]:
        panel.alpha_composite(cutout)
    sheet = Image.new("RGB", (sum(panel.width for panel in panels) + 2 * SQUARE, before.height), "white")
    left = 0
    for panel in panels:
        sheet.paste(panel.convert("RGB"), (left, 0))
        left += panel.width + SQUARE
    sheet.save(TARGET, quality=88)
    print(f"{TARGET}: {sheet.width} x {sheet.height}")


if __name__ == "__main__":
    main()
