"""Errors of a cutout against its truth. Alpha is (h, w) in [0, 1]; colour is (h, w, 3) in 0-255; every error is 0 for the truth itself.

SAD, MSE, gradient and connectivity are those of Rhemann et al. 2009, "A perceptually motivated online benchmark for image matting";
S-measure is that of Fan et al. 2017, "Structure-measure: a new way to evaluate foreground maps". Sums are over the whole picture, in
thousands, since no trimap is given to what is judged here.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Alpha = NDArray[np.float32]
Colour = NDArray[np.float32]

EDGE: Final = 0.02
"""An edge pixel is one whose true alpha is further than this from 0 and from 1."""
BACKGROUNDS: Final = {"black": (0, 0, 0), "white": (255, 255, 255), "green": (0, 200, 0)}

_THOUSAND: Final = 1000
_SIGMA: Final = 1.4
"""Of the Gaussian derivatives: Rhemann et al.'s."""
_STEP: Final = 0.1
_TOLERANCE: Final = 0.15
"""Connectivity: Rhemann et al.'s threshold steps, and how far a pixel may be off the connected part unpunished."""


def sad(alpha: Alpha, truth: Alpha) -> float:
    """Sum of absolute differences, in thousands of pixels."""
    return float(np.abs(alpha - truth).sum(dtype=np.float64)) / _THOUSAND


def mae(alpha: Alpha, truth: Alpha) -> float:
    """Mean absolute error."""
    return float(np.abs(alpha - truth).mean(dtype=np.float64))


def mse(alpha: Alpha, truth: Alpha) -> float:
    """Mean squared error."""
    return float(np.square(alpha - truth).mean(dtype=np.float64))


def edge_mae(alpha: Alpha, truth: Alpha) -> float:
    """Mean absolute error on the edge pixels of the truth; 0 where it has none."""
    edge = edges(truth)
    return float(np.abs(alpha - truth)[edge].mean(dtype=np.float64)) if edge.any() else 0.0


def iou(alpha: Alpha, truth: Alpha) -> float:
    """Sum of the minima over sum of the maxima: the intersection over union of binary masks, and no threshold for soft ones."""
    union = float(np.maximum(alpha, truth).sum(dtype=np.float64))
    return float(np.minimum(alpha, truth).sum(dtype=np.float64)) / union if union else 1.0


def gradient(alpha: Alpha, truth: Alpha) -> float:
    """Sum of squared differences of the gradients' lengths, in thousands."""
    return float(np.square(_slope(alpha) - _slope(truth)).sum(dtype=np.float64)) / _THOUSAND


def connectivity(alpha: Alpha, truth: Alpha) -> float:
    """Sum of the differences in how well each pixel hangs together with the subject, in thousands of pixels.

    The subject is the largest part that is connected, by four neighbours, at a threshold in both mattes; a pixel belongs to it up to the
    last threshold at which it lay in that part, and what it has above that is disconnected.
    """
    attached = np.full(truth.shape, -1.0)
    for threshold in np.arange(1, round(1 / _STEP) + 1) * _STEP:
        part = _largest_part((alpha >= threshold) & (truth >= threshold))
        attached[(attached == -1) & ~part] = threshold - _STEP
    attached[attached == -1] = 1
    difference = np.abs(_phi(alpha, attached) - _phi(truth, attached))
    return float(difference.sum()) / _THOUSAND


def s_measure(alpha: Alpha, truth: Alpha) -> float:
    """Structural similarity in [0, 1] of a map to a binary truth (true alpha above one half): half by object, half by region."""
    subject = truth > 0.5
    share = float(subject.mean())
    mean = float(alpha.mean(dtype=np.float64))
    if share == 0:
        return 1 - mean
    if share == 1:
        return mean
    by_object = share * _object_score(alpha[subject]) + (1 - share) * _object_score(1 - alpha[~subject])
    return max(0.0, 0.5 * by_object + 0.5 * _region_score(alpha.astype(np.float64), subject))


def foreground_error(foreground: Colour, alpha: Alpha, true_foreground: Colour, truth: Alpha) -> float:
    """Mean absolute error of the straight colour on the truth's edge pixels, weighted by how visible they are in both; 0-255."""
    weight = np.where(edges(truth), alpha * truth, 0)
    total = float(weight.sum(dtype=np.float64))
    difference = np.abs(foreground - true_foreground).mean(axis=-1)
    return float((weight * difference).sum(dtype=np.float64)) / total if total else 0.0


def recomposed_error(
    foreground: Colour, alpha: Alpha, true_foreground: Colour, truth: Alpha, colour: tuple[int, int, int]
) -> float:
    """Mean absolute error, 0-255, of the cutout put over a colour, against the true cutout over it: what a client sees."""
    return float(np.abs(over(foreground, alpha, colour) - over(true_foreground, truth, colour)).mean(dtype=np.float64))


def over(foreground: Colour, alpha: Alpha, colour: tuple[int, int, int]) -> Colour:
    """The cutout (straight) over one colour, (h, w, 3) in 0-255."""
    behind = np.array(colour, np.float32)
    picture: Colour = behind + alpha[..., None] * (foreground - behind)
    return picture


def edges(truth: Alpha) -> NDArray[np.bool_]:
    """The pixels that are neither all subject nor all background."""
    return (truth > EDGE) & (truth < 1 - EDGE)


ALPHA_METRICS: Final[dict[str, Callable[[Alpha, Alpha], float]]] = {
    "MAE": mae,
    "MSE": mse,
    "SAD": sad,
    "edge MAE": edge_mae,
    "gradient": gradient,
    "connectivity": connectivity,
    "IoU": iou,
    "S": s_measure,
}


def judge(foreground: Colour, alpha: Alpha, true_foreground: Colour, truth: Alpha) -> dict[str, float]:
    """Every metric by its name."""
    of_alpha = {name: metric(alpha, truth) for name, metric in ALPHA_METRICS.items()}
    of_colour = {
        f"over {name}": recomposed_error(foreground, alpha, true_foreground, truth, rgb) for name, rgb in BACKGROUNDS.items()
    }
    return of_alpha | {"colour": foreground_error(foreground, alpha, true_foreground, truth)} | of_colour


def _slope(alpha: Alpha) -> NDArray[np.float64]:
    across, down = (ndimage.gaussian_filter(alpha.astype(np.float64), _SIGMA, order, mode="nearest") for order in ((0, 1), (1, 0)))
    return np.asarray(np.hypot(across, down))


def _largest_part(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    labels, count = ndimage.label(region)
    if count == 0:
        return region
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    part: NDArray[np.bool_] = labels == sizes.argmax()
    return part


def _phi(alpha: Alpha, attached: NDArray[np.float64]) -> NDArray[np.float64]:
    loose = alpha - attached
    return 1 - loose * (loose >= _TOLERANCE)


def _object_score(values: Alpha) -> float:
    mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
    return 2 * mean / (mean * mean + 1 + deviation)


def _region_score(alpha: NDArray[np.float64], subject: NDArray[np.bool_]) -> float:
    """Similarity of the four quarters around the subject's centre, weighted by their size."""
    height, width = subject.shape
    rows, columns = np.nonzero(subject)
    row, column = min(height - 1, round(rows.mean()) + 1), min(width - 1, round(columns.mean()) + 1)
    score = 0.0
    for down in (slice(0, row), slice(row, None)):
        for across in (slice(0, column), slice(column, None)):
            quarter = subject[down, across]
            if quarter.size:
                score += quarter.size / subject.size * _similarity(alpha[down, across], quarter.astype(np.float64))
    return score


def _similarity(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The structural similarity of two patches, as Fan et al. have it: whole patches, no window, no constants."""
    freedom = max(1, one.size - 1)
    mean_one, mean_other = one.mean(), other.mean()
    variance_one = np.square(one - mean_one).sum() / freedom
    variance_other = np.square(other - mean_other).sum() / freedom
    covariance = ((one - mean_one) * (other - mean_other)).sum() / freedom
    above = 4 * mean_one * mean_other * covariance
    below = (mean_one**2 + mean_other**2) * (variance_one + variance_other)
    if above != 0:
        return float(above / (below + np.finfo(np.float64).eps))
    return 1.0 if below == 0 else 0.0
