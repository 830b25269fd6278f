"""What every container reader returns."""

from dataclasses import dataclass

from cutout.domain.errors import InvalidInputImage
from cutout.domain.removal import ImageFormat


@dataclass(frozen=True, slots=True)
class Container:
    """A file taken apart: what it claims, and a file of the same format that holds only its pixels.

    `width` and `height` are as stored; `orientation` is EXIF's 1-8 (1 = upright). `icc` is the colour profile, None if there is none
    or it is malformed. `frames` is 1 for a still picture. `sample_bits` is the depth of one sample. `pixels` is free of text,
    thumbnails, EXIF and trailing bytes, so that whoever decodes it meets no metadata at all.
    """

    format: ImageFormat
    width: int
    height: int
    pixels: bytes
    orientation: int = 1
    icc: bytes | None = None
    frames: int = 1
    sample_bits: int = 8


MAX_ICC_BYTES = 4 * 1024 * 1024
"""The largest profiles in use, for CMYK presses, are near 2 MB."""


def broken(what: str) -> InvalidInputImage:
    """The error for a file that isn't whole or contradicts itself."""
    return InvalidInputImage(f"The input image is damaged: {what}. Send a complete PNG, JPEG or WEBP.", parameter="inputImage")
