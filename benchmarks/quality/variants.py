"""What is compared: each of the product's ways to cut out, against rembg's on the same file with the same weights."""

from dataclasses import dataclass
from typing import Final, Literal

Mode = Literal["network", "given"]
"""`network`: the whole product, from file to file. `given`: the network is replaced by the truth as a network would see it (see
`truth.network_output`), so that what follows it is judged apart from whether it finds the subject."""

MODES: Final[tuple[Mode, ...]] = ("network", "given")


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table. `options` are rembg's own names."""

    name: str
    options: dict[str, bool]


VARIANTS: Final = (
    Variant("plain", {}),
    Variant("postProcessMask", {"post_process_mask": True}),
    Variant("alphaMatting", {"alpha_matting": True}),
)
DECONTAMINATED: Final = Variant("plain, decontaminate", {"decontaminate": True})
"""rembg's foreground estimation without matting: off by default there, always on here, and so the fair rival of our plain cutout's colours."""
