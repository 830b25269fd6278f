"""How many threads the native module's loops run on."""

import os
from typing import Final

_MOST: Final = 16
"""The native module's limit."""


def workers() -> int:
    """The cores that this process may run on."""
    return min(len(os.sched_getaffinity(0)), _MOST)
