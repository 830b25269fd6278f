"""ICC profiles made in code (ICC.1:2001-04, version 2.4): just enough of each to be valid."""

import struct

D50 = (0.9642, 1.0, 0.8249)
SRGB_PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))


def fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256)) + b"\0\0"


def cmyk_to_lab() -> bytes:
    """A table of the 16 corners: lightness falls with black alone, so that every other ink is ignored."""
    identity = bytes(range(256))
    corners = b"".join(bytes((0 if corner & 1 else 255, 128, 128)) for corner in range(16))
    matrix = b"".join(fixed(value) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    return b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + identity * 4 + corners + identity * 3


def profile(space: bytes, connection: bytes, kind: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 2) + b"x\0" + bytes(78),
        b"cprt": b"text\0\0\0\0free\0",
        b"wtpt": xyz(D50),
        **tags,
    }
    table, bodies = b"", b""
    offset = 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table += name + struct.pack(">II", offset + len(bodies), len(body))
        bodies += padded
    size = offset + len(bodies)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, kind, space, connection)
    header += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + b"".join(map(fixed, D50)) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + bodies


def rgb(primaries: tuple[tuple[float, float, float], ...] = SRGB_PRIMARIES, exponent: float = 2.2) -> bytes:
    colorants = {name + b"XYZ": xyz(values) for name, values in zip((b"r", b"g", b"b"), primaries, strict=True)}
    curves = {name + b"TRC": gamma(exponent) for name in (b"r", b"g", b"b")}
    return profile(b"RGB ", b"XYZ ", b"mntr", colorants | curves)


def grey(exponent: float) -> bytes:
    return profile(b"GRAY", b"XYZ ", b"mntr", {b"kTRC": gamma(exponent)})


def cmyk() -> bytes:
    return profile(b"CMYK", b"Lab ", b"prtr", {b"A2B0": cmyk_to_lab(), b"A2B1": cmyk_to_lab()})
