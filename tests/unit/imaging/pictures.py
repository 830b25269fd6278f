"""Pictures made in code: each test says what it needs of them."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from cutout.imaging.image import Image, Matte, Pixels, Plane, Rgb
from cutout.imaging.models import ModelSpec

GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
"""PNG's colour types."""


def gradient(width: int = 24, height: int = 16) -> Rgb:
    """No two rows, columns or mirror images alike."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.stack((across, down, 255 - across * down / 255), axis=-1).astype(np.uint8)


def subject_on_blue(width: int = 60, height: int = 40) -> Rgb:
    """A red square in the middle: what `RedIsSubject` finds."""
    picture = np.full((height, width, 3), (0, 0, 200), np.uint8)
    picture[height // 4 : -height // 4, width // 4 : -width // 4] = (220, 0, 0)
    return picture


def four(rgb: Rgb) -> Pixels:
    """With a fourth byte that means nothing."""
    return np.dstack((rgb, 255 - rgb[..., 0]))


def image_of(rgb: Rgb, alpha: Matte | None = None) -> Image:
    return Image(four(rgb), alpha)


def in_bytes(plane: NDArray[np.floating]) -> Matte:
    return np.rint(plane * 255).astype(np.uint8)


def saved(picture: NDArray[np.uint8] | Pillow.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    (picture if isinstance(picture, Pillow.Image) else Pillow.fromarray(picture)).save(file, kind, **options)
    return file.getvalue()


def loaded(file: bytes) -> Pillow.Image:
    picture = Pillow.open(io.BytesIO(file))
    picture.load()
    return picture


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_header(width: int, height: int, bits: int = 8, colour: int = RGB) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def png(
    samples: NDArray[np.generic], colour: int, *before_pixels: bytes, bits: int | None = None, width: int | None = None
) -> bytes:
    """A PNG of any kind: `samples` are rows as the file stores them, 16-bit values big-endian, several to a byte if `bits` is under 8."""
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    header = png_header(width or samples.shape[1], samples.shape[0], bits or samples.dtype.itemsize * 8, colour)
    return b"".join((b"\x89PNG\r\n\x1a\n", header, *before_pixels, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")))


def exif(orientation: int, order: str = ">") -> bytes:
    mark = b"MM\0*" if order == ">" else b"II*\0"
    return mark + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


SPEC = ModelSpec("fake", (), input_size=32, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), activation="none", licence="Apache-2.0")


class FakeNetwork:
    """A network whose answer is a function of what it is shown, (3, n, n) in [0, 1]."""

    def __init__(self, answer: Callable[[NDArray[np.float32]], Plane], spec: ModelSpec = SPEC) -> None:
        self.spec = spec
        self._answer = answer
        self.shown: NDArray[np.float32] | None = None

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        self.shown = batch[0]
        return self._answer(batch[0]).astype(np.float32)


def red_is_subject() -> FakeNetwork:
    return FakeNetwork(lambda shown: np.clip(1.25 * (shown[0] - shown[2]), 0, 1))


def always(probability: float) -> FakeNetwork:
    return FakeNetwork(lambda shown: np.full(shown.shape[1:], probability))
