"""How far an 8-bit network's masks may be from those of the network that it was made of."""

from functools import cache

import numpy as np
import pytest

from benchmarks.quality.truth import KINDS, make_scene
from cutout.adapters.onnx import OnnxModels
from cutout.adapters.processor import multiplies_bytes
from cutout.adapters.weights import weights_path
from cutout.domain.removal import InputLimits
from cutout.imaging.decode import decode
from cutout.imaging.models import Precision
from cutout.imaging.segment import segment
from tests.parity.conftest import SUBJECTS, WEIGHTS, read

pytestmark = [
    pytest.mark.parametrize("model", ["u2netp", "u2net"]),
    pytest.mark.skipif(
        not multiplies_bytes(), reason="This processor has no instruction for it; 8-bit networks' results are NOT tested."
    ),
]


@pytest.fixture(scope="module")
def integers() -> OnnxModels:
    """The 8-bit variants."""
    if not all(weights_path(WEIGHTS, model, Precision.INT8).is_file() for model in ("u2netp", "u2net")):
        pytest.skip("8-bit variants are missing: run python -m local.models")
    return OnnxModels(WEIGHTS, precision=Precision.INT8)


@pytest.fixture(scope="module")
def scenes():
    """Pictures with known truth: those of `make quality`, and nine more."""
    drawn = [make_scene(kind, seed, megapixels=0.1) for seed in (0, 1, 2, 100) for kind in KINDS]
    return [(decode(scene.source, InputLimits()), scene.alpha) for scene in drawn]


@pytest.fixture(scope="module")
def change(networks, integers):
    """By how much a photograph's mask changes on average, by model and picture; each is measured once."""

    @cache
    def measure(model: str, picture: str) -> float:
        masks = [segment(read(SUBJECTS[picture]), models.network(model)) for models in (networks, integers)]
        return float(np.abs(masks[0].astype(int) - masks[1]).mean())

    return measure


@pytest.mark.slow
def test_on_pictures_with_known_truth_8_bit_masks_are_as_near_it(model, scenes, networks, integers):
    floats, bytes_ = (
        np.mean([np.abs(segment(picture, models.network(model)) / 255 - alpha).mean() for picture, alpha in scenes])
        for models in (networks, integers)
    )
    assert abs(bytes_ - floats) < 0.001


def test_on_photographs_a_mask_changes_by_less_than_one_grey_level_on_average(model, change):
    assert np.mean([change(model, picture) for picture in SUBJECTS]) < 1


@pytest.mark.parametrize("picture", SUBJECTS)
def test_no_photographs_mask_changes_by_more_than_five_grey_levels_on_average(model, picture, change):
    # The most is a heap of coins, of which u2net can't tell what is the subject.
    assert change(model, picture) < 5


def test_a_picture_without_a_subject_has_none_in_8_bits_either(model, integers, special_pictures):
    assert segment(read(special_pictures["grass.png"]), integers.network(model)).max() == 0
