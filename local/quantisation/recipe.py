"""How a network's numbers are brought down to 8 bits: what calibration found out, small enough to be kept beside the code.

With the verified weights it gives the 8-bit network, to the bit, on any machine.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

DIRECTORY = Path(__file__).with_name("recipes")


@dataclass(frozen=True)
class Recipe:
    """Keyed by the name of a layer's output.

    `weights` is the checksum of the weights that it was made for. `steps` says what 1 of 255 is worth in each channel of each computed
    tensor, `planes` holds the extremes of each side output's nine planes. `clips` says for each output channel of a convolution at how
    many percent of its largest weight its weights are cut off, and `shifts` what its bias has to make up for that and for rounding, on
    average. `sensitivity` says for each convolution what part of the masks' change would go away if it alone stayed float; those in
    `floating` do.
    """

    weights: str
    steps: Mapping[str, list[float]]
    planes: Mapping[str, tuple[float, float]]
    clips: Mapping[str, list[int]]
    shifts: Mapping[str, list[float]]
    sensitivity: Mapping[str, float]
    floating: list[str]


def load_recipe(name: str) -> Recipe:
    """The recipe of the model called `name`.

    Raises:
        FileNotFoundError: there is none: nobody has calibrated that model.
    """
    return Recipe(**json.loads((DIRECTORY / f"{name}.json").read_text()))


def save_recipe(name: str, recipe: Recipe) -> None:
    """Keeps it, one tensor a line."""
    lines = [f'"{field}": {_dump(value)}' for field, value in asdict(recipe).items()]
    (DIRECTORY / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _dump(value: object) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    return (
        "{\n"
        + ",\n".join(f"  {json.dumps(key)}: {json.dumps(entry, separators=(',', ':'))}" for key, entry in value.items())
        + "\n}"
    )
