"""The hot loops, in C (native/). Arrays are C-contiguous; another type, rank, layout or shape raises ValueError. The GIL is released."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

def processor_level() -> Literal["baseline", "avx2", "avx512"]:
    """The kernels' variant for this processor."""

def block_sums(rgb: NDArray[np.uint8], alpha: NDArray[np.float32], sums: NDArray[np.float32], factor: int, /) -> None:
    """Adds to `sums` (7, H, W) over blocks of factor x factor pixels: alpha, alpha times R, G, B, and R, G, B."""

def recolour(
    rgb: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    front: NDArray[np.float32],
    back: NDArray[np.float32],
    factor: int,
    first_row: int,
    /,
) -> None:
    """Where 0 < alpha < 1, replaces the colour by the foreground's, given the block means (3, H, W) of both layers in 0-255.

    `rgb` and `alpha` may be rows of a larger picture, from `first_row` on.
    """

def solve_matting(
    rgb: NDArray[np.uint8],
    trimap: NDArray[np.float32],
    alpha: NDArray[np.float32],
    prior: NDArray[np.float32],
    weight: NDArray[np.float32],
    epsilon: float,
    tolerance: float,
    most_steps: int,
    threads: int,
    /,
) -> int:
    """Closed-form matting where 0 < trimap < 1, (h, w): (L + diag(weight)) alpha = known neighbours + weight * prior.

    `alpha` is read (sure pixels: their value; unknown ones: the start) and written (unknown ones). Returns the number of steps.
    """

def solve_matting_in_double(
    rgb: NDArray[np.uint8],
    trimap: NDArray[np.float32],
    alpha: NDArray[np.float32],
    prior: NDArray[np.float32],
    weight: NDArray[np.float32],
    epsilon: float,
    tolerance: float,
    most_steps: int,
    threads: int,
    /,
) -> int:
    """The same in double precision."""

def reduce_rgb(rgb: NDArray[np.uint8], cells: NDArray[np.uint8], factor: int, threads: int, /) -> None:
    """The mean colour of each cell of factor x factor pixels, (ceil(h / factor), ceil(w / factor), 3), rounded to nearest."""

def reduce_trimap(
    trimap: NDArray[np.float32],
    mask: NDArray[np.float32],
    trimap_cells: NDArray[np.float32],
    mask_cells: NDArray[np.float32],
    factor: int,
    threads: int,
    /,
) -> None:
    """Cells all of whose pixels are 0 or all 1 are that, in both outputs; others are 0.5, and the mean of the mask."""

def fit_models(
    rgb: NDArray[np.uint8],
    trimap: NDArray[np.float32],
    alpha: NDArray[np.float32],
    models: NDArray[np.float32],
    epsilon: float,
    threads: int,
    /,
) -> None:
    """Writes to `models` (h, w, 4) what alpha is as a function of colour, a . I + b, near unknown pixels: ridge regression on 3x3."""

def apply_models(
    rgb: NDArray[np.uint8],
    trimap: NDArray[np.float32],
    models: NDArray[np.float32],
    alpha: NDArray[np.float32],
    scale: float,
    threads: int,
    /,
) -> None:
    """Where 0 < trimap < 1, writes to `alpha` what the models say of the pixel's colour, clamped; `scale` is cells per pixel."""

def encode_png(picture: NDArray[np.uint8], smaller: bool, threads: int, /) -> bytes:
    """A PNG file of (h, w, c), c = 1 (grey), 3 (RGB) or 4 (RGBA, straight alpha); with `smaller`, a few per cent fewer bytes for more time."""

def resample(rgb: NDArray[np.uint8], out: NDArray[np.uint8], threads: int, /) -> None:
    """Fills `out` (H, W, 3) with `rgb` (h, w, 3) resampled by LANCZOS, first across, then down, in Pillow's arithmetic to the bit."""
