"""PNG (ISO/IEC 15948): chunks of length, type, body and CRC, from IHDR to IEND."""

import struct
import zlib
from collections.abc import Iterator, Sequence

from cutout.domain.removal import ImageFormat
from cutout.imaging.formats.container import MAX_ICC_BYTES, Container, broken
from cutout.imaging.formats.exif import orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# Encoders write the pixels in chunks of 8 kB or more; this many of them reach the byte limit. More is a file made to be slow.
_MAX_CHUNKS = 20_000
_OVERHEAD = 12
_HEADER = struct.Struct(">IIBBBBB")
_FRAME_COUNT = struct.Struct(">I")

_Chunk = tuple[bytes, memoryview]


def read(source: bytes) -> Container:
    """Take a PNG apart.

    Raises:
        InvalidInputImage: it ends before IEND, doesn't begin with IHDR or has no IDAT, or a critical chunk fails its CRC.
    """
    chunks = list(_chunks(source))
    kind, header = chunks[0]
    if kind != b"IHDR" or len(header) != _HEADER.size:
        raise broken("the PNG doesn't begin with its header")
    width, height, bits, *_ = _HEADER.unpack(header)
    image_data = _bodies(chunks, b"IDAT")
    if not image_data:
        raise broken("the PNG holds no picture")

    # What a decoder needs, and nothing else. One IDAT for all: a reader that steps from chunk to chunk has nothing to step over.
    palette = [_chunk(kind, [body]) for kind, body in chunks if kind in (b"PLTE", b"tRNS")]
    pixels = b"".join((SIGNATURE, _chunk(b"IHDR", [header]), *palette, _chunk(b"IDAT", image_data), _chunk(b"IEND", [])))
    return Container(
        ImageFormat.PNG,
        width,
        height,
        pixels,
        orientation=orientation(_first(chunks, b"eXIf")),
        icc=_inflate_profile(_first(chunks, b"iCCP")),
        frames=_frames(_first(chunks, b"acTL")),
        sample_bits=bits,
    )


def _chunks(source: bytes) -> Iterator[_Chunk]:
    """Each chunk's type and body, up to IEND; what comes after it isn't part of the picture."""
    view = memoryview(source)
    position = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if position + _OVERHEAD > len(source):
            raise broken("the PNG ends before its end mark")
        length, kind = struct.unpack_from(">I4s", source, position)
        end = position + _OVERHEAD + length
        if end > len(source):
            raise broken(f"the PNG ends within its {_printable(kind)} chunk")
        if _is_critical(kind) and zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            raise broken(f"the PNG's {_printable(kind)} chunk fails its checksum")
        yield kind, view[position + 8 : end - 4]
        if kind == b"IEND":
            return
        position = end
    raise broken(f"the PNG has more than {_MAX_CHUNKS} chunks")


def _is_critical(kind: bytes) -> bool:
    return not kind[0] & 0x20


def _printable(kind: bytes) -> str:
    return kind.decode("ascii") if kind.isalpha() else "unknown"


def _bodies(chunks: Sequence[_Chunk], wanted: bytes) -> list[memoryview]:
    return [body for kind, body in chunks if kind == wanted]


def _first(chunks: Sequence[_Chunk], wanted: bytes) -> bytes:
    return next((bytes(body) for kind, body in chunks if kind == wanted), b"")


def _chunk(kind: bytes, parts: Sequence[memoryview]) -> bytes:
    body = b"".join(parts)
    return b"".join((struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))))


def _inflate_profile(body: bytes) -> bytes | None:
    _name, _, compressed = body.partition(b"\0")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(compressed[1:], MAX_ICC_BYTES)
    except zlib.error:
        return None
    return profile if inflater.eof and profile else None


def _frames(animation: bytes) -> int:
    """An impossible count makes the file a still picture, as browsers take it."""
    count = _FRAME_COUNT.unpack_from(animation)[0] if len(animation) >= _FRAME_COUNT.size else 0
    return count if 0 < count < 2**31 else 1
