"""WebP (RFC 9649): RIFF chunks; VP8 or VP8L alone, or after a VP8X that announces colour profile, EXIF and animation."""

import struct
from collections.abc import Iterator, Sequence

from cutout.domain.removal import ImageFormat
from cutout.imaging.formats.container import MAX_ICC_BYTES, Container, broken
from cutout.imaging.formats.exif import orientation

_RIFF_HEADER = 12
_MAX_CHUNKS = 10_000
_VP8_START_CODE = b"\x9d\x01\x2a"
_VP8L_SIGNATURE = b"\x2f"
_PICTURES = (b"VP8 ", b"VP8L")

_Chunk = tuple[bytes, memoryview]


def is_webp(source: bytes) -> bool:
    return source[:4] == b"RIFF" and source[8:12] == b"WEBP"


def read(source: bytes) -> Container:
    """Take a WebP apart.

    Raises:
        InvalidInputImage: it is shorter than it says, or holds no picture.
    """
    end = 8 + int.from_bytes(source[4:8], "little")
    if end > len(source):
        raise broken("the WEBP is shorter than it says")
    chunks = list(_chunks(memoryview(source)[:end]))
    pictures = [(kind, body) for kind, body in chunks if kind in _PICTURES]
    frames = sum(kind == b"ANMF" for kind, _ in chunks)
    if not pictures and not frames:
        raise broken("the WEBP holds no picture")

    own = _picture_size(*pictures[0]) if pictures else None
    canvas = _canvas_size(_first(chunks, b"VP8X")) or own
    if canvas is None or own not in (None, canvas):
        raise broken("the WEBP contradicts itself about its size")
    width, height = canvas
    profile = _first(chunks, b"ICCP")
    return Container(
        ImageFormat.WEBP,
        width,
        height,
        source[:end],
        orientation=orientation(_first(chunks, b"EXIF")),
        icc=profile if 0 < len(profile) <= MAX_ICC_BYTES else None,
        frames=max(1, frames),
    )


def _chunks(riff: memoryview) -> Iterator[_Chunk]:
    """Each chunk's type and body."""
    position = _RIFF_HEADER
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(riff):
            return
        kind, length = struct.unpack_from("<4sI", riff, position)
        end = position + 8 + length
        if end > len(riff):
            raise broken("the WEBP ends within a chunk")
        yield kind, riff[position + 8 : end]
        position = end + (length & 1)  # chunks are padded to even length
    raise broken(f"the WEBP has more than {_MAX_CHUNKS} chunks")


def _first(chunks: Sequence[_Chunk], wanted: bytes) -> bytes:
    return next((bytes(body) for kind, body in chunks if kind == wanted), b"")


def _canvas_size(extended: bytes) -> tuple[int, int] | None:
    if len(extended) < 10:  # noqa: PLR2004 - flags, then width - 1 and height - 1 in 24 bits each
        return None
    return int.from_bytes(extended[4:7], "little") + 1, int.from_bytes(extended[7:10], "little") + 1


def _picture_size(kind: bytes, body: memoryview) -> tuple[int, int]:
    head = bytes(body[:10])
    if kind == b"VP8 " and head[3:6] == _VP8_START_CODE and len(head) == 10:  # noqa: PLR2004 - a key frame's header
        width, height = struct.unpack_from("<HH", head, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and head[:1] == _VP8L_SIGNATURE and len(head) >= 5:  # noqa: PLR2004 - signature and two sizes of 14 bits
        packed = int.from_bytes(head[1:5], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    raise broken("the WEBP's picture has no header")
