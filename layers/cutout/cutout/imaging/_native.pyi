"""The hot loops, in C (native/). Arrays are C-contiguous; another type, rank, layout or shape raises ValueError. The GIL is released."""

from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

def processor_level() -> Literal["baseline", "avx2", "avx512"]:
    """The kernels' variant for this processor."""

def share_pixels(array: object, count: int, /) -> memoryview:
    """The bytes of a picture of `count` pixels of 4 bytes, writable and without a copy. `array` is an Arrow array's capsule."""

def resample(pixels: NDArray[np.uint8], out: NDArray[np.uint8], threads: int, /) -> None:
    """Fills `out` (H, W, 3) with `pixels` (h, w, 4) resampled by LANCZOS, first across, then down, in Pillow's arithmetic to the bit."""

@overload
def enlarge(cells: NDArray[np.float32], plane: NDArray[np.float32], is_plane: Literal[True], threads: int, /) -> None:
    """Fills `plane` (h, w) with `cells` (n, m) resampled by cubic convolution, clipped to [0, 1]."""

@overload
def enlarge(cells: NDArray[np.float32], mask: NDArray[np.uint8], is_plane: Literal[False], threads: int, /) -> None:
    """The same in 0-255, rounded to nearest."""

def enlarge_along_edges(
    cells: NDArray[np.float32],
    pixels: NDArray[np.uint8],
    models: NDArray[np.float32],
    mask: NDArray[np.uint8],
    scale: float,
    sure: float,
    fully: float,
    haze: float,
    threads: int,
    /,
) -> None:
    """`enlarge`, and what is then neither 0 nor 1 is what the models (H, W, 4) say of the pixel's colour; `scale` is cells per pixel.

    Where a model makes a pixel less sure, it counts only as far as the mask is unsure: not at all up to `sure` from 0 or 1, fully from
    `fully` on. At last what is up to `haze`, or as near to 1, becomes 0, or 1, and what is between is stretched.
    """

def fit_windows(
    guide: NDArray[np.uint8], mask: NDArray[np.float32], models: NDArray[np.float32], reach: int, epsilon: float, threads: int, /
) -> None:
    """Writes to `models` (h, w, 4) the mask as a function of colour, a . I + b: ridge regression on windows, averaged over them.

    A window has `reach` cells on either side of its centre; `epsilon` regularises the colours' covariance, in units of white.
    """

def soft_rows(alpha: NDArray[np.uint8], /) -> tuple[int, int]:
    """The first row that has a value other than 0 and 255, and the one after the last; the same twice if there is none."""

def block_sums(
    pixels: NDArray[np.uint8], alpha: NDArray[np.uint8], sums: NDArray[np.float32], factor: int, threads: int, /
) -> None:
    """Writes to `sums` (7, H, W) over blocks of factor x factor pixels: alpha in [0, 1], alpha times R, G, B, and R, G, B."""

def layer_means(
    sums: NDArray[np.float32], counts: NDArray[np.float32], means: NDArray[np.float32], coarse: int, reach: int, threads: int, /
) -> None:
    """Writes to `means` (H, W, 8) the mean colours of subject and background round each block, in 0-255: R, G, B from 0 and from 4 on.

    By blur fusion, given `block_sums` and each block's number of pixels (H, W): first over 2 reach + 1 squares of coarse x coarse blocks,
    then over 3 x 3 blocks.
    """

def recolour(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8], means: NDArray[np.float32], factor: int, threads: int, /) -> None:
    """Where 0 < alpha < 255, replaces the colour by the foreground's, given both layers' block means (H, W, 8): R, G, B of each,
    from 0 and from 4 on.
    """

def composite(pixels: NDArray[np.uint8], alpha: NDArray[np.uint8], background: tuple[int, int, int, int], threads: int, /) -> None:
    """Replaces the picture (h, w, 4), whose fourth channel isn't read, by itself over a background (R, G, B, opacity)."""

def make_trimap(
    mask: NDArray[np.uint8], trimap: NDArray[np.uint8], foreground: int, background: int, size: int, threads: int, /
) -> None:
    """Writes 255 where all of the square of side `size` around is above `foreground`, 0 where all is below `background`, else 128.

    The square's centre is at size // 2; what lies beyond the border is in any region.
    """

def solve_matting(
    pixels: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    prior: NDArray[np.float32],
    weight: NDArray[np.float32],
    epsilon: float,
    tolerance: float,
    most_steps: int,
    threads: int,
    /,
) -> int:
    """Closed-form matting where 0 < trimap < 255, (h, w): (L + diag(weight)) alpha = known neighbours + weight * prior.

    `alpha` is read (sure pixels: their value; unknown ones: the start) and written (unknown ones). Returns the number of steps.
    """

def solve_matting_in_double(
    pixels: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
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

def reduce_colour(pixels: NDArray[np.uint8], cells: NDArray[np.uint8], factor: int, threads: int, /) -> None:
    """The mean colour of each cell of factor x factor pixels, (ceil(h / factor), ceil(w / factor), 4), rounded to nearest."""

def reduce_trimap(
    trimap: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    trimap_cells: NDArray[np.uint8],
    mask_cells: NDArray[np.float32],
    factor: int,
    threads: int,
    /,
) -> None:
    """Cells all of whose pixels are 0 or all 255 are that, in both outputs; others are 128, and the mean of the mask in [0, 1]."""

def fit_models(
    pixels: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    alpha: NDArray[np.float32],
    models: NDArray[np.float32],
    epsilon: float,
    threads: int,
    /,
) -> None:
    """Writes to `models` (h, w, 4) what alpha is as a function of colour, a . I + b, near unknown pixels: ridge regression on 3x3."""

def apply_models(
    pixels: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    models: NDArray[np.float32],
    alpha: NDArray[np.float32],
    scale: float,
    threads: int,
    /,
) -> None:
    """Where 0 < trimap < 255, writes to `alpha` what the models say of the pixel's colour, clamped; `scale` is cells per pixel."""

def apply_models_in_bytes(
    pixels: NDArray[np.uint8],
    trimap: NDArray[np.uint8],
    models: NDArray[np.float32],
    alpha: NDArray[np.uint8],
    scale: float,
    threads: int,
    /,
) -> None:
    """The same, with alpha in 0-255."""

def encode_png(picture: NDArray[np.uint8], opaque: bool, smaller: bool, threads: int, /) -> bytes:
    """A PNG file of (h, w, c), c = 1 (grey) or 4 (RGBA with straight alpha; with `opaque`, RGB: the fourth channel is left out).

    `smaller` takes more time for a few per cent fewer bytes.
    """
