"""Weight files on disk: which are there, and whether they are what the registry says."""

import hashlib
from pathlib import Path

from cutout.imaging.models import Precision, Weights


class WeightsError(Exception):
    """A model's file is missing or isn't the right one; the message names the file and says what to do."""


def weights_path(directory: Path, name: str, precision: Precision = Precision.FLOAT32) -> Path:
    """Where the weights of the model `name` are kept."""
    return directory / (f"{name}.onnx" if precision is Precision.FLOAT32 else f"{name}.{precision}.onnx")


def verify(path: Path, weights: Weights) -> None:
    """Checks the file's size, then its checksum.

    SHA-256 takes about a millisecond a megabyte on processors with instructions for it, so this is done at every start.

    Raises:
        WeightsError: the file is missing, or it isn't the one that `weights` describes.
    """
    if not path.is_file():
        raise WeightsError(f"The model file {path} is missing. Run: python -m local.models {path.name.split('.')[0]}")
    size = path.stat().st_size
    if weights.size not in {None, size}:
        raise WeightsError(f"The model file {path} has {size:,} bytes instead of {weights.size:,}. Remove it and fetch it again.")
    algorithm, _, expected = weights.checksum.partition(":")
    with path.open("rb") as file:
        actual = hashlib.file_digest(file, algorithm).hexdigest()
    if actual != expected:
        raise WeightsError(
            f"The model file {path} has the {algorithm} checksum {actual} instead of {expected}. Remove it and fetch it again."
        )
