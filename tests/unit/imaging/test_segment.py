"""From a picture to a mask of its size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutout.imaging.models import ModelSpec
from cutout.imaging.segment import NO_SUBJECT_BELOW, normalise, scale_to_range, segment, sigmoid
from tests.unit.imaging.pictures import SPEC, FakeNetwork, always, gradient, image_of, red_is_subject, subject_on_blue


def test_the_mask_has_the_pictures_size_and_finds_the_subject():
    mask = segment(image_of(subject_on_blue(60, 40)), red_is_subject())
    assert mask.shape == (40, 60)
    assert mask.dtype == np.uint8
    assert mask[20, 30] > 240
    assert mask[2, 2] < 15


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 2)])
def test_any_shape_has_a_mask(shape):
    mask = segment(image_of(np.zeros((*shape, 3), np.uint8)), always(0.9))
    assert mask.shape == shape
    assert (mask == 255).all()


@pytest.mark.parametrize("probability", [0.0, 0.2, 0.49, np.nan])
def test_where_no_pixel_is_likely_subject_the_mask_is_zero_throughout(probability):
    assert not segment(image_of(gradient()), always(probability)).any()


def test_a_faint_pattern_does_not_become_a_subject_by_stretching():
    faint = FakeNetwork(lambda shown: 0.4 * np.linspace(0, 1, 32)[None, :].repeat(32, axis=0))
    assert not segment(image_of(gradient()), faint).any()


@pytest.mark.parametrize("probability", [0.5, 0.9, 1.0])
def test_a_subject_that_fills_the_picture_fills_the_mask(probability):
    assert (segment(image_of(gradient()), always(probability)) == 255).all()


def test_the_shades_of_a_subject_that_fills_the_picture_do_not_become_holes():
    uneven = FakeNetwork(lambda shown: np.linspace(0.8, 1.0, 32)[None, :].repeat(32, axis=0))
    assert segment(image_of(gradient()), uneven).min() >= 200


@given(arrays(np.float32, (7, 5), elements=st.floats(0, 1, width=32)))
def test_stretching_stays_within_0_and_1_and_keeps_the_order(probability):
    scaled = scale_to_range(probability)
    assert scaled.min() >= 0
    assert scaled.max() <= 1
    assert (np.diff(scaled.ravel()[np.argsort(probability, axis=None)]) >= 0).all()


@given(arrays(np.float32, (7, 5), elements=st.floats(0, 1, width=32)))
def test_a_mask_with_subject_and_background_is_stretched_by_its_extremes_as_rembg_does(probability):
    low, high = probability.min(), probability.max()
    if low < NO_SUBJECT_BELOW <= high:
        assert scale_to_range(probability) == pytest.approx((probability - low) / (high - low), abs=0.5 / 255)


def test_what_8_bits_cannot_tell_from_0_or_1_is_exactly_that():
    scaled = scale_to_range(np.array([[0, 0.0019, 0.002, 0.998, 0.9981, 1]], np.float32))
    assert (scaled == 0).tolist() == [[True, True, False, False, False, False]]
    assert (scaled == 1).tolist() == [[False, False, False, False, True, True]]


def test_the_network_sees_the_picture_normalised_by_its_own_mean_and_deviation():
    spec = ModelSpec("m", (), 2, (0.5, 0.25, 0.0), (0.5, 0.25, 1.0), "none", "")
    seen = np.full((2, 2, 3), (255, 51, 102), np.uint8)
    batch = normalise(seen, spec)
    assert batch.shape == (1, 3, 2, 2)
    assert batch.dtype == np.float32
    assert batch[0, :, 0, 0] == pytest.approx([1.0, -0.2, 0.4], abs=1e-6)


def test_a_dark_picture_is_brightened_to_its_own_white_as_the_networks_were_trained():
    seen = np.full((2, 2, 3), (100, 50, 25), np.uint8)
    assert normalise(seen, SPEC)[0, :, 0, 0] == pytest.approx([1.0, 0.5, 0.25])


@pytest.mark.parametrize("level", [0, 1, 3])
def test_the_noise_of_a_black_picture_is_not_brightened_to_white(level):
    assert normalise(np.full((2, 2, 3), level, np.uint8), SPEC).max() <= 3 / 16


@pytest.mark.parametrize("logit", [-1e30, -50, 0, 50, 1e30])
def test_a_networks_logits_become_probabilities_without_overflow(logit):
    value = sigmoid(np.full((1, 1), logit, np.float32))[0, 0]
    assert value == pytest.approx(1 / (1 + np.exp(-np.clip(logit, -80, 80))), abs=1e-6)


def test_a_network_that_returns_logits_is_read_as_one():
    spec = ModelSpec("m", (), 32, (0, 0, 0), (1, 1, 1), "sigmoid", "")
    assert not segment(image_of(gradient()), FakeNetwork(lambda shown: np.full((32, 32), -1.0), spec)).any()
    assert (segment(image_of(gradient()), FakeNetwork(lambda shown: np.full((32, 32), 1.0), spec)) == 255).all()


def test_what_a_file_has_already_cut_out_stays_out():
    alpha = np.full((40, 60), 255, np.uint8)
    alpha[:, :30] = 0
    mask = segment(image_of(subject_on_blue(60, 40), alpha), always(1.0))
    assert np.array_equal(mask, alpha)


def test_the_network_does_not_see_the_colour_under_alpha_0():
    hidden = np.full((8, 8, 3), (255, 0, 0), np.uint8)
    network = always(1.0)
    alpha = np.zeros((8, 8), np.uint8)
    alpha[:4] = 255
    segment(image_of(hidden, alpha), network)
    red, green, blue = network.shown[:, -1, 16]
    assert red == green == blue
