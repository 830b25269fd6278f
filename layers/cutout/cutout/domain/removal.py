"""What a client may ask of a background removal, and nothing about how it is done."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ImageFormat(StrEnum):
    """The formats read and written. Files store straight alpha."""

    PNG = "PNG"
    JPG = "JPG"
    WEBP = "WEBP"

    @property
    def content_type(self) -> str:
        return {"PNG": "image/png", "JPG": "image/jpeg", "WEBP": "image/webp"}[self.value]

    @property
    def extension(self) -> str:
        return self.value.lower()

    @property
    def has_alpha(self) -> bool:
        return self is not ImageFormat.JPG


@dataclass(frozen=True, slots=True)
class Background:
    """The colour put behind the subject: red, green, blue 0-255 and its opacity 0-1."""

    red: int
    green: int
    blue: int
    opacity: float

    @property
    def rgb(self) -> tuple[int, int, int]:
        return self.red, self.green, self.blue


TRANSPARENT_WHITE: Final = Background(255, 255, 255, 0.0)


@dataclass(frozen=True, slots=True)
class MattingThresholds:
    """Where the trimap's sure regions begin, in mask units 0-255, and how far both are eroded, in pixels."""

    foreground: int = 240
    background: int = 10
    erode_size: int = 10


@dataclass(frozen=True, slots=True)
class RemovalSettings:
    """How to remove the background; `matting` is None for a plain cutout."""

    model: str
    background: Background = TRANSPARENT_WHITE
    post_process_mask: bool = False
    only_mask: bool = False
    matting: MattingThresholds | None = None


@dataclass(frozen=True, slots=True)
class OutputSettings:
    """How the result is written. `quality` is 20-99 and means nothing to PNG."""

    format: ImageFormat = ImageFormat.PNG
    quality: int = 95


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What is refused before any pixel is decoded."""

    max_bytes: int = 50 * 1024 * 1024
    max_pixels: int = 50_000_000
