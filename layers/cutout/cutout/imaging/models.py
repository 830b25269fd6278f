"""Models are data: what a network wants as input, what it returns, where its weights come from."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One segmentation network.

    `input_size` is the side of its square input in pixels; `mean` and `std` normalise RGB in [0, 1]; `activation` is what still has
    to be applied to its raw output.
    """

    name: str
    air: tuple[str, ...]
    input_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    activation: Literal["none", "sigmoid"]
    licence: str


class Network(Protocol):
    """A loaded model, ready to run."""

    @property
    def spec(self) -> ModelSpec: ...

    def infer(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Raw output (n, n) for a normalised (1, 3, n, n) input, n = `spec.input_size`."""
        ...
