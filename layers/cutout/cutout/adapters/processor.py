"""What this processor can do, where that decides how a network is run."""

import re
from pathlib import Path

_BYTE_PRODUCTS = {"avx512_vnni", "avx_vnni", "asimddp"}
"""Linux's names for products of bytes summed up in 32 bits, in one instruction: two of x86-64, one of arm64."""


def multiplies_bytes(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor multiplies bytes several times faster than floats, and exactly.

    Without one of these instructions x86-64 sums products of bytes in 16 bits, which overflow, and is hardly faster.
    """
    if not cpuinfo.is_file():
        return False
    line = re.search(r"^(?:flags|Features)\s*:(.*)$", cpuinfo.read_text(), re.MULTILINE)
    return line is not None and not _BYTE_PRODUCTS.isdisjoint(line[1].split())
