"""Bytes to pixels: any PNG, JPEG or WEBP to upright 8-bit sRGB, or one typed error, in bounded time and memory.

The declared type is never looked at, only the bytes. The container is read first, without allocating anything that it claims; then its
limits are checked; only then is a pixel decoded, from a copy of the file that holds nothing but pixels.
"""

import io
from typing import Final, NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from cutout.domain.errors import ImageTooLarge, InvalidInputImage
from cutout.domain.removal import ImageFormat, InputLimits
from cutout.imaging import _native
from cutout.imaging.colour import to_srgb
from cutout.imaging.formats import jpeg, png, webp
from cutout.imaging.formats.container import Container, broken
from cutout.imaging.image import OPAQUE, Image, Matte, Pixels

# Opened by class, not by `Image.open`: the bytes were sniffed here, one format can't lead to another (a JPEG to MPO), and the limits are
# ours and not a global of the library's.
_READERS: Final[dict[ImageFormat, type[ImageFile.ImageFile]]] = {
    ImageFormat.PNG: PngImageFile,
    ImageFormat.JPG: JpegImageFile,
    ImageFormat.WEBP: WebPImageFile,
}
_UPRIGHT: Final = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
_TURNS_ON_ITS_SIDE: Final = 5
_OTHER_KINDS: Final = (
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyp", "HEIC or a video"),
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"%PDF", "PDF"),
    (0, b"<", "SVG or HTML"),
    (0, b"{", "JSON"),
)


# A picture's rows in one piece of memory, so that they can be shared (Pillow's documentation, "Arrow support").
Pillow.core.set_use_block_allocator(1)  # type: ignore[attr-defined]


class Inspected(NamedTuple):
    """What a file's header says: its format and its upright size in pixels."""

    format: ImageFormat
    width: int
    height: int


def inspect(source: bytes, limits: InputLimits) -> Inspected:
    """Check a file by its container alone; no pixel is decoded.

    Raises:
        InvalidInputImage: not a PNG, JPEG or WEBP, damaged, cut short or animated.
        ImageTooLarge: over `limits`.
    """
    container = _open(source, limits)
    width, height = container.width, container.height
    if container.orientation >= _TURNS_ON_ITS_SIDE:
        width, height = height, width
    return Inspected(container.format, width, height)


def decode(source: bytes, limits: InputLimits) -> Image:
    """Decode a picture: EXIF orientation applied, ICC profile converted to sRGB, 16 bit scaled to 8, every colour mode to RGB.

    Straight alpha is kept in `Image.alpha`, None where the picture is opaque throughout.

    Raises:
        InvalidInputImage: not a PNG, JPEG or WEBP, damaged, cut short or animated.
        ImageTooLarge: over `limits`, before any pixel is decoded.
    """
    container = _open(source, limits)
    try:
        colour, alpha = _separate(_load(container), container.sample_bits)
        colour, alpha = _turn_upright(to_srgb(colour, container.icc), alpha, container.orientation)
        return Image(_shared(colour), _opacity(alpha))
    except (InvalidInputImage, MemoryError):
        raise
    except Exception as error:  # the decoders raise whatever their parsers stumble over; each of it means the same
        raise broken("its pixels can't be decoded") from error


def _open(source: bytes, limits: InputLimits) -> Container:
    if len(source) > limits.max_bytes:
        raise ImageTooLarge(
            f"The input image has {len(source):,} bytes; at most {limits.max_bytes:,} are accepted.",
            parameter="inputImage",
            maximum=limits.max_bytes,
        )
    container = _read_container(source)
    if container.frames > 1:
        raise InvalidInputImage(
            f"The input image is an animation of {container.frames} frames; only still pictures are accepted: send the frame you mean.",
            parameter="inputImage",
        )
    if container.width < 1 or container.height < 1:
        raise broken("it has no pixels")
    # Header first: a 40 kB PNG can expand to 4 GB.
    pixels = container.width * container.height
    if pixels > limits.max_pixels:
        raise ImageTooLarge(
            f"The input image has {container.width:,} x {container.height:,} = {pixels:,} pixels; "
            f"at most {limits.max_pixels:,} are accepted.",
            parameter="inputImage",
            maximum=limits.max_pixels,
        )
    return container


def _read_container(source: bytes) -> Container:
    if source.startswith(png.SIGNATURE):
        return png.read(source)
    if source.startswith(jpeg.SIGNATURE):
        return jpeg.read(source)
    if webp.is_webp(source):
        return webp.read(source)
    kind = next((name for start, mark, name in _OTHER_KINDS if source.startswith(mark, start)), None)
    found = "is empty" if not source else f"looks like {kind}" if kind else "is of an unknown kind"
    raise InvalidInputImage(
        f"The input image {found}; PNG, JPEG and WEBP are accepted.",
        parameter="inputImage",
        allowed=[format_.value for format_ in ImageFormat],
    )


def _load(container: Container) -> ImageFile.ImageFile:
    picture = _READERS[container.format](io.BytesIO(container.pixels))
    if picture.size != (container.width, container.height):
        raise broken("it contradicts itself about its size")
    picture.load()
    return picture


def _separate(picture: Pillow.Image, sample_bits: int) -> tuple[Pillow.Image, Pillow.Image | None]:
    """Colour as L, RGB or CMYK, and the alpha (L) if there is one: a channel, a palette's, or the one colour that PNG's tRNS names."""
    transparent = picture.info.get("transparency")
    if picture.mode == "P":
        picture = picture.convert("RGB" if transparent is None else "RGBA")
        transparent = None
    if picture.mode in ("RGBA", "LA"):
        return picture.convert(picture.mode.removesuffix("A")), picture.getchannel("A")

    samples = np.asarray(picture) if transparent is not None or picture.mode == "I;16" else None
    alpha = None if transparent is None or samples is None else _all_but(transparent, samples, sample_bits)
    if picture.mode == "I;16" and samples is not None:
        # 65535 = 255 x 257: the division is exact at both ends, where the library would clip at 255.
        return Pillow.fromarray(((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)), alpha
    return (picture.convert("L") if picture.mode == "1" else picture), alpha


def _all_but(transparent: int | tuple[int, int, int], samples: np.ndarray, sample_bits: int) -> Pillow.Image:
    """The alpha of a picture in which one colour is invisible."""
    key = np.asarray(transparent)
    if samples.ndim == 3 and sample_bits == 16:  # noqa: PLR2004 - 16-bit RGB arrives as its high bytes
        key = key >> 8
    if samples.dtype == np.bool_:
        samples = samples * np.uint8(255)
    differs = samples != key
    visible = differs.any(axis=-1) if differs.ndim == 3 else differs  # noqa: PLR2004 - with channels
    return Pillow.fromarray(visible * np.uint8(255))


def _turn_upright(colour: Pillow.Image, alpha: Pillow.Image | None, orientation: int) -> tuple[Pillow.Image, Pillow.Image | None]:
    turn = _UPRIGHT.get(orientation)
    if turn is None:
        return colour, alpha
    return colour.transpose(turn), None if alpha is None else alpha.transpose(turn)


def _shared(colour: Pillow.Image) -> Pixels:
    """The pixels of an RGB or RGBA picture, without a copy. It must not be used any more: they may be written to."""
    _schema, array = colour.__arrow_c_array__()
    pixels: Pixels = np.frombuffer(_native.share_pixels(array, colour.width * colour.height), np.uint8)
    return pixels.reshape(colour.height, colour.width, 4)


def _opacity(alpha: Pillow.Image | None) -> Matte | None:
    return None if alpha is None or alpha.getextrema() == (OPAQUE, OPAQUE) else np.asarray(alpha)
