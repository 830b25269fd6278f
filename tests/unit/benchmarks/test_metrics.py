"""Each metric against a case small enough for pencil and paper."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from benchmarks.quality import metrics

HALF = np.zeros((4, 4), np.float32)
HALF[:, 2:] = 1
ALPHAS = arrays.arrays(np.float32, (9, 11), elements=st.floats(0, 1, width=32))


@given(truth=ALPHAS)
@settings(max_examples=25, deadline=None)
def test_the_truth_itself_has_no_error_by_any_alpha_metric(truth):
    errors = {name: metric(truth, truth) for name, metric in metrics.ALPHA_METRICS.items() if name not in {"IoU", "S"}}
    assert errors == dict.fromkeys(errors, 0)
    assert metrics.iou(truth, truth) == 1


def test_sad_is_the_sum_of_differences_in_thousands():
    assert metrics.sad(HALF * np.float32(0.75), HALF) == 8 * 0.25 / 1000


def test_mae_and_mse_are_means_over_the_whole_picture():
    alpha = HALF * np.float32(0.5)
    assert (metrics.mae(alpha, HALF), metrics.mse(alpha, HALF)) == (8 * 0.5 / 16, 8 * 0.25 / 16)


def test_edge_mae_looks_at_partly_transparent_pixels_of_the_truth_only():
    truth = np.array([[0, 0.5, 1]], np.float32)
    assert metrics.edge_mae(np.array([[1, 0.25, 0]], np.float32), truth) == 0.25


def test_edge_mae_is_zero_for_a_truth_without_edge_pixels():
    assert metrics.edge_mae(1 - HALF, HALF) == 0


def test_iou_of_binary_masks_is_intersection_over_union():
    shifted = np.roll(HALF, -1, axis=1)  # columns 1 and 2 of 4, against 2 and 3
    assert metrics.iou(shifted, HALF) == pytest.approx(4 / 12)


def test_iou_of_two_empty_masks_is_one():
    assert metrics.iou(np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32)) == 1


def test_gradient_error_of_a_blurred_ramp_is_the_squared_difference_of_slopes():
    """On a linear ramp a Gaussian derivative is the slope itself, away from the borders."""
    x = np.arange(64, dtype=np.float32)
    ramps = [np.tile(x * slope, (1, 1)).repeat(64, axis=0).reshape(64, 64) for slope in (0.01, 0.004)]
    inner = (slice(12, -12), slice(12, -12))
    slopes = [metrics._slope(ramp)[inner] for ramp in ramps]
    np.testing.assert_allclose(np.square(slopes[0] - slopes[1]), 0.006**2, rtol=1e-3)


def test_gradient_error_of_a_step_against_nothing_is_the_steps_own_energy():
    step = np.zeros((40, 40), np.float32)
    step[:, 20:] = 1
    # The derivative across a unit step is a Gaussian; its square integrates to 1 / (2 sigma sqrt(pi)) in each row.
    expected = 40 / (2 * 1.4 * np.sqrt(np.pi)) / 1000
    assert metrics.gradient(step, np.zeros_like(step)) == pytest.approx(expected, rel=0.03)  # the filter is sampled


def test_a_separate_speck_costs_connectivity_its_whole_opacity():
    truth = np.zeros((9, 9), np.float32)
    truth[:, :4] = 1
    speckled = truth.copy()
    speckled[4, 7] = 0.6
    assert metrics.connectivity(speckled, truth) == pytest.approx(0.6 / 1000)


def test_a_difference_under_the_tolerance_costs_no_connectivity():
    truth = np.zeros((9, 9), np.float32)
    truth[:, :4] = 1
    assert metrics.connectivity(truth * np.float32(0.95), truth) == 0


@pytest.mark.parametrize("colour", [0, 0.25, 1])
def test_s_measure_of_a_map_against_an_empty_truth_is_its_darkness(colour):
    flat = np.full((4, 4), colour, np.float32)
    assert metrics.s_measure(flat, np.zeros((4, 4), np.float32)) == pytest.approx(1 - colour)


def test_s_measure_of_a_perfect_binary_map_is_one():
    truth = np.zeros((20, 30), np.float32)
    truth[5:15, 8:20] = 1
    assert metrics.s_measure(truth, truth) == pytest.approx(1)


def test_s_measure_by_object_of_a_uniformly_half_sure_map():
    """Fan et al.'s object score of a constant x is 2x / (x^2 + 1): 0.8 at one half, on the subject and off it."""
    assert metrics._object_score(np.full(7, 0.5, np.float32)) == pytest.approx(0.8)


def test_s_measure_of_the_inverse_is_zero():
    truth = np.zeros((20, 30), np.float32)
    truth[5:15, 8:20] = 1
    assert metrics.s_measure(1 - truth, truth) == pytest.approx(0, abs=1e-6)


def test_the_foregrounds_error_counts_where_both_mattes_show_it():
    truth = np.array([[0.5, 0.5, 1, 0]], np.float32)
    alpha = np.array([[0.5, 0, 1, 1]], np.float32)
    wrong = np.array([[[30, 0, 0], [255, 255, 255], [255, 255, 255], [255, 255, 255]]], np.float32)
    assert metrics.foreground_error(wrong, alpha, np.zeros((1, 4, 3), np.float32), truth) == 10


def test_a_premultiplied_colour_stored_as_straight_shows_as_a_dark_halo_over_white():
    """(200, 100, 50) at alpha one half over white is (227.5, 177.5, 152.5); stored premultiplied it shows (177.5, 152.5, 140)."""
    alpha = np.full((1, 1), 0.5, np.float32)
    true = np.array([[[200, 100, 50]]], np.float32)
    error = metrics.recomposed_error(true * np.float32(0.5), alpha, true, alpha, (255, 255, 255))
    assert error == pytest.approx((50 + 25 + 12.5) / 3)


def test_colour_where_nothing_is_visible_costs_nothing():
    alpha = np.zeros((2, 2), np.float32)
    white, black = np.full((2, 2, 3), 255, np.float32), np.zeros((2, 2, 3), np.float32)
    judged = metrics.judge(white, alpha, black, alpha)
    assert [judged[name] for name in ("colour", "over black", "over white", "over green")] == [0, 0, 0, 0]
