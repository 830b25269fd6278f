"""The one EXIF field that changes the picture: orientation.

Read by hand because a general reader loads every value that a directory points at: 65,535 entries that each point at the same 40 MB
are a legal directory.
"""

import struct

_ORIENTATION_TAG = 0x0112
_SHORT = 3
_ENTRY = 12


def orientation(exif: bytes) -> int:
    """1-8 as in EXIF 2.32, section 4.6.4; 1 where there is none or it is malformed: a broken tag doesn't make the picture unreadable.

    `exif` is a TIFF structure, with or without the six bytes "Exif" that JPEG puts before it.
    """
    tiff = exif[6:] if exif.startswith(b"Exif\0\0") else exif
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    try:
        if order is None:
            return 1
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, directory)
        for entry in range(entries):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, directory + 2 + entry * _ENTRY)
            if tag == _ORIENTATION_TAG:
                return value if kind == _SHORT and count == 1 and 1 <= value <= 8 else 1  # noqa: PLR2004 - the tag's range
    except struct.error:  # it ends early
        return 1
    return 1
