"""The hot loops, in C (native/). Arrays are C-contiguous; another type, rank, layout or shape raises ValueError. The GIL is released."""

from typing import Literal

def processor_level() -> Literal["baseline", "avx2", "avx512"]:
    """The kernels' variant for this processor."""
