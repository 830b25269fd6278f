"""JPEG (ITU-T T.81): marker segments up to the first scan, then entropy-coded data."""

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cutout.domain.removal import ImageFormat
from cutout.imaging.formats.container import MAX_ICC_BYTES, Container, broken
from cutout.imaging.formats.exif import orientation

SIGNATURE = b"\xff\xd8\xff"

_APP0_JFIF, _APP1_EXIF, _APP2_ICC, _APP14_ADOBE, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_COMMENT = 0xFE
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
# Everything in C0-CF opens a frame except DHT, JPG and DAC; these are the kinds that libjpeg decodes to 8 bit.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODABLE_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_FRAME_HEADER = struct.Struct(">BHH")
_BASELINE_BITS = 8

# A camera writes a few dozen segments; a large profile or a depth map a few hundred.
_MAX_SEGMENTS = 10_000
# Each scan of a progressive file passes over the whole picture again. Encoders write about 10.
_MAX_SCANS = 100

_ICC_MARK = b"ICC_PROFILE\0"
_EXIF_MARK = b"Exif\0\0"


class _Segment(NamedTuple):
    marker: int
    body: memoryview
    whole: memoryview


def read(source: bytes) -> Container:
    """Take a JPEG apart. Pictures after the first (a phone's gain map or burst) are trailing bytes to it.

    Raises:
        InvalidInputImage: it ends before its pixels or its end mark, its frame is missing, repeated or of a kind that isn't decoded
            (lossless, hierarchical, 12 bit), or it has more scans than a picture needs.
    """
    *header, scan = _segments(source)
    bits, height, width = _frame(header)
    if bits != _BASELINE_BITS:
        raise broken(f"{bits}-bit JPEG isn't supported")

    scans_begin = len(source) - len(scan.whole)
    if source.find(b"\xff\xd9", scans_begin) < 0:
        raise broken("the JPEG ends before its end mark")
    if source.count(b"\xff\xda", scans_begin) > _MAX_SCANS:
        raise broken(f"the JPEG has more than {_MAX_SCANS} scans")

    pixels = b"".join((b"\xff\xd8", *(segment.whole for segment in header if not _is_metadata(segment.marker)), scan.whole))
    return Container(ImageFormat.JPG, width, height, pixels, orientation=orientation(_exif(header)), icc=_profile(header))


def _segments(source: bytes) -> Iterator[_Segment]:
    """Each segment up to the first scan, whose `whole` reaches to the end of the file."""
    view = memoryview(source)
    position = 2
    for _ in range(_MAX_SEGMENTS):
        marker, start = _next_marker(source, position)
        if marker in _WITHOUT_LENGTH:
            position = start
            continue
        end = start + int.from_bytes(view[start : start + 2])
        if marker == _END_OF_IMAGE or end < start + 2 or end > len(source):
            raise broken("the JPEG ends before its pixels")
        if marker == _START_OF_SCAN:
            yield _Segment(marker, view[start + 2 : end], view[start - 2 :])
            return
        yield _Segment(marker, view[start + 2 : end], view[start - 2 : end])
        position = end
    raise broken(f"the JPEG has more than {_MAX_SEGMENTS} segments before its pixels")


def _next_marker(source: bytes, position: int) -> tuple[int, int]:
    """The next marker and the position after it; bytes between segments are skipped, as libjpeg does."""
    while True:
        position = source.find(b"\xff", position)
        if position < 0 or position + 1 >= len(source):
            raise broken("the JPEG ends before its pixels")
        if source[position + 1] not in (0x00, 0xFF):
            return source[position + 1], position + 2
        position += 1


def _frame(header: Sequence[_Segment]) -> tuple[int, int, int]:
    """Bits per sample, height and width."""
    frames = [segment for segment in header if segment.marker in _FRAMES]
    if len(frames) != 1 or len(frames[0].body) < _FRAME_HEADER.size:
        raise broken("the JPEG must have one frame header")
    if frames[0].marker not in _DECODABLE_FRAMES:
        raise broken("lossless and hierarchical JPEG aren't supported")
    bits, height, width = _FRAME_HEADER.unpack_from(frames[0].body)
    return bits, height, width


def _is_metadata(marker: int) -> bool:
    # JFIF and Adobe say how the colour is coded: they aren't metadata.
    return marker == _COMMENT or (_APP0_JFIF < marker <= _APP15 and marker != _APP14_ADOBE)


def _exif(header: Sequence[_Segment]) -> bytes:
    bodies = (bytes(segment.body) for segment in header if segment.marker == _APP1_EXIF)
    return next((body for body in bodies if body.startswith(_EXIF_MARK)), b"")


def _profile(header: Sequence[_Segment]) -> bytes | None:
    """The colour profile, whose parts are numbered 1 to their total (ICC.1:2022, annex B.4)."""
    bodies = (bytes(segment.body) for segment in header if segment.marker == _APP2_ICC)
    parts = sorted(body[len(_ICC_MARK) :] for body in bodies if body.startswith(_ICC_MARK))
    numbers = [part[:2] for part in parts]
    if numbers != [bytes((number, len(parts))) for number in range(1, len(parts) + 1)]:
        return None
    profile = b"".join(part[2:] for part in parts)
    return profile if 0 < len(profile) <= MAX_ICC_BYTES else None
