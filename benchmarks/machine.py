"""The facts that a figure is worthless without: when, on what processor, with which versions."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cutout.adapters.processor import multiplies_bytes

_TELLING_FLAGS: Final = frozenset(
    {"avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd", "asimddp", "i8mm", "sve"}
)


def facts() -> dict[str, str]:
    """Date, processor, versions, our networks' precision on this processor, and commit, by name."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": f"{_processor()}, {len(os.sched_getaffinity(0))} cores",
        "instructions": " ".join(sorted(_flags() & _TELLING_FLAGS)),
        "python": platform.python_version(),
        **{name: version(name) for name in ("onnxruntime", "numpy", "pillow")},
        "our networks": "8 bit" if multiplies_bytes() else "float32",
        "rembg": "2.0.86",
        "commit": _commit(),
    }


def _processor() -> str:
    described = [line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")]
    return described[0] if described else platform.machine()


def _flags() -> set[str]:
    return {flag for line in _cpuinfo() if line.lower().startswith(("flags", "features")) for flag in line.split()}


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text("utf-8").splitlines() if path.is_file() else []


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def described(machine: dict[str, str]) -> str:
    """The facts in a line."""
    return "; ".join(f"{name} {value}" for name, value in machine.items())


def memory_mb() -> float:
    """How much memory the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6
