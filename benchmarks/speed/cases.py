"""What is measured: a case is a size, a mode, an output format and a model, and its name is those four: `12mp-plain-png-u2netp`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MODES: Final = ("plain", "postprocess", "matting")
SIZES: Final = (1, 4, 12, 50)
FORMATS: Final = ("png", "jpg", "webp")
MODELS: Final = ("u2netp", "u2net")


@dataclass(frozen=True, slots=True)
class Case:
    """One comparison."""

    megapixels: int
    mode: str
    format: str
    model: str

    @property
    def name(self) -> str:
        return f"{self.megapixels}mp-{self.mode}-{self.format}-{self.model}"


EVERY: Final = tuple(Case(size, mode, kind, model) for model in MODELS for kind in FORMATS for mode in MODES for size in SIZES)
DEFAULT: Final = tuple(
    case
    for case in EVERY
    if (case.format, case.model) == ("png", "u2netp")  # every size and mode once
    or (case.mode == "plain" and case.model == "u2netp" and case.megapixels in {1, 12})
    or (
        case.format == "png"
        and case.model == "u2net"
        and case.megapixels in {1, 12}
        and (case.mode, case.megapixels) != ("matting", 12)
    )
)
"""What fits into a quarter of an hour; rembg's matting takes more than a minute at 12 megapixels, so it is done once."""


def choose(patterns: Iterable[str]) -> tuple[Case, ...]:
    """The cases whose names have all the words of one of the patterns: `12mp-plain`, `matting`, `u2net-1mp`; `all` is every one.

    Raises:
        ValueError: a pattern fits no case.
    """
    wanted: set[str] = set()
    for pattern in patterns:
        words = set() if pattern == "all" else set(pattern.lower().split("-"))
        fitting = {case.name for case in EVERY if words <= set(case.name.split("-"))}
        if not fitting:
            raise ValueError(f"No case has all of {sorted(words)} in its name. A name is like {EVERY[0].name}; sizes are {SIZES}.")
        wanted |= fitting
    return tuple(case for case in EVERY if case.name in wanted)
