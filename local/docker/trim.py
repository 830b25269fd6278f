"""What the image needs of what pip installed: `python -m local.docker.trim FOLDER` removes the rest.

It runs inside the image's build, with FOLDER on the path. What is left is proved by `make test-container`, which runs every event in it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

UNUSED: Final = (
    # Nobody imports them.
    "*/**/tests",
    "*/**/*.pyi",
    "*/**/*.pyx",
    "*/**/*.pxd",
    "*/**/*.a",
    "*/**/include",
    "*/**/*.h",
    "bin",
    "numpy/f2py",
    "numpy/random",
    "numpy/polynomial",
    "numpy/distutils",
    "numpy/_pyinstaller",
    "numpy/_core/_*_tests.*.so",
    "numpy/_core/_simd.*.so",
    "aws_lambda_powertools/event_handler",
    *(
        f"aws_lambda_powertools/utilities/{name}"
        for name in ("batch", "data_classes", "data_masking", "feature_flags", "idempotency", "kafka", "parser", "validation")
    ),
    "pydantic/v1",
    "boto3/data",
    "boto3/examples",
    # Tools to make models with, and the library for programs in C.
    "onnxruntime/backend",
    "onnxruntime/datasets",
    "onnxruntime/quantization",
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/capi/libonnxruntime*",
    "google",
    "protobuf-*",
    "flatbuffers*",
    # The runtime client and what only that needs: Lambda's base image has its own.
    "awslambdaric*",
    "runtime_client.*",
    "simplejson*",
    "snapshot_restore_py*",
    # Formats that are refused, text, and windows.
    "PIL/_avif.*.so",
    "PIL/_imagingft.*.so",
    "PIL/_imagingtk.*.so",
    "cutout/imaging/native",
)
"""Patterns of files and folders."""

_METADATA: Final = frozenset({"METADATA", "licenses", "LICENSE", "LICENSE.txt", "COPYING", "NOTICE"})
"""Kept of a distribution's record: its licence, and by what a vulnerability scanner knows it."""


def trim(root: Path) -> None:
    """Remove what the functions never use; of botocore's descriptions of AWS's services, all whose names our own sources don't have."""
    for path in [path for pattern in UNUSED for path in root.glob(pattern)]:
        _remove(path)
    for path in [path for record in root.glob("*.dist-info") for path in record.iterdir()]:
        if path.name not in _METADATA:
            _remove(path)
    ours = "".join(source.read_text("utf-8") for source in (root / "cutout").rglob("*.py"))
    for folder in (root / "botocore/data").iterdir():
        if folder.is_dir() and f'"{folder.name}"' not in ours:
            _remove(folder)
    while unneeded := list(_unneeded_libraries(root)):
        for library in unneeded:
            _remove(library)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # a pattern before may have had its folder


def _unneeded_libraries(root: Path) -> Iterator[Path]:
    """Shared libraries that wheels brought along (`*.libs`), and that nothing that is left asks for."""
    needed = needed_by(path for path in root.rglob("*.so*") if path.is_file())
    return (library for library in root.glob("*.libs/*.so*") if library.name not in needed)


def needed_by(libraries: Iterable[Path]) -> set[str]:
    """The names of shared libraries that these are linked against."""
    files = list(libraries)
    if not files:
        return set()
    listing = subprocess.run(["readelf", "--dynamic", "--wide", *files], capture_output=True, text=True, check=True)
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", listing.stdout))


if __name__ == "__main__":
    trim(Path(sys.argv[1]))
