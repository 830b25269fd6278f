"""What unknown cells are pulled to: the mask where colours say nothing, the colours where they tell subject from background."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutout.imaging.prior import FAR, LEAST_SIDE, prior_and_weight
from tests.unit.imaging.pictures import four, in_bytes

RED, BLUE, GREEN = np.array([200, 40, 40.0]), np.array([40, 40, 200.0]), np.array([20, 220, 20.0])
LEAST = 0.003
SIDE = 200


def scene(front, back, spread=6.0, seed=0):
    """The left half subject, the right half background, their colours spread; unknown between columns 80 and 120."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((SIDE, SIDE), np.float32)
    truth[:, : SIDE // 2] = 1
    rgb = np.where(truth[..., None] > 0, front, back) + rng.normal(0, spread, (SIDE, SIDE, 3))
    trimap = in_bytes(truth)
    trimap[:, 80:120] = 128
    return four(np.clip(rgb + 0.5, 0, 255).astype(np.uint8)), trimap, truth


def test_a_sure_mask_is_overruled_by_colours_that_lie_far_apart():
    pixels, trimap, truth = scene(RED, BLUE)
    wrong = np.full_like(truth, 0.9)
    prior, weight = prior_and_weight(pixels, trimap, wrong, LEAST)
    unknown = trimap == 128
    assert np.abs(prior - truth)[unknown].mean() < 0.1
    assert (weight[unknown] > LEAST).all()


def test_a_mixture_of_the_two_colours_is_that_opacity():
    pixels, trimap, truth = scene(RED, BLUE)
    pixels[:, 95:105, :3] = np.round(0.3 * RED + 0.7 * BLUE)
    prior, _ = prior_and_weight(pixels, trimap, np.full_like(truth, 0.5), LEAST)
    assert prior[:, 95:105].mean() == pytest.approx(0.3, abs=0.05)


def test_where_both_have_the_same_colours_the_mask_stays():
    pixels, trimap, truth = scene(RED, RED, spread=20)
    mask = np.full_like(truth, 0.8)
    prior, weight = prior_and_weight(pixels, trimap, mask, LEAST)
    assert np.abs(prior - mask).max() < 0.05
    assert weight == pytest.approx(LEAST + 0.6**20, rel=0.05)


def test_a_third_colour_is_neither_the_subjects_nor_the_backgrounds():
    pixels, trimap, truth = scene(RED, BLUE)
    pixels[:, 90:110, :3] = GREEN
    mask = np.full_like(truth, 0.99)
    prior, _ = prior_and_weight(pixels, trimap, mask, LEAST)
    assert np.abs(prior - mask)[:, 90:110].max() < 0.01


def test_the_subjects_colour_far_from_the_subject_is_no_evidence():
    trimap = np.zeros((SIDE, SIDE), np.uint8)
    rgb = np.clip(np.random.default_rng(0).normal(BLUE, 6, (SIDE, SIDE, 3)), 0, 255).astype(np.uint8)
    subject, edge, other = np.s_[80:120, :20], np.s_[80:120, 12:20], np.s_[80:120, 180:]
    rgb[subject] = rgb[other] = RED
    trimap[subject], trimap[edge], trimap[other] = 255, 128, 128
    assert (FAR + 1) * LEAST_SIDE < 180 - 12
    mask = np.where(trimap == 128, np.float32(0.1), trimap / np.float32(255))
    prior, _ = prior_and_weight(four(rgb), trimap, mask, LEAST)
    assert prior[other] == pytest.approx(0.1, abs=0.01)
    assert prior[edge].mean() > 0.6


@pytest.mark.parametrize("kind", [0, 255])
def test_without_a_sure_subject_or_background_there_is_only_the_mask(kind):
    pixels, trimap, _ = scene(RED, BLUE)
    trimap[trimap == kind] = 128
    mask = np.linspace(0, 1, trimap.size, dtype=np.float32).reshape(trimap.shape)
    prior, weight = prior_and_weight(pixels, trimap, mask, LEAST)
    assert np.array_equal(prior, mask)
    assert weight == pytest.approx(LEAST + np.abs(2 * mask - 1) ** 20, rel=1e-3)


def test_known_cells_are_left_alone():
    pixels, trimap, _ = scene(RED, BLUE)
    mask = np.where(trimap == 128, np.float32(0.5), trimap / np.float32(255))
    prior, _ = prior_and_weight(pixels, trimap, mask, LEAST)
    assert np.array_equal(prior[trimap != 128], mask[trimap != 128])


@given(st.integers(1, 450), st.integers(1, 30), st.integers(0, 2**32 - 1), st.booleans())
def test_at_any_size_and_colour_prior_and_weight_are_finite_and_in_range(long, short, seed, flat):
    rng = np.random.default_rng(seed)
    shape = (long, short) if seed % 2 else (short, long)
    pixels = np.full((*shape, 4), 255, np.uint8) if flat else rng.integers(0, 256, (*shape, 4), np.uint8)
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), shape)
    prior, weight = prior_and_weight(pixels, trimap, rng.random(shape, np.float32), LEAST)
    assert prior.dtype == weight.dtype == np.float32
    assert ((prior >= 0) & (prior <= 1 + 1e-6)).all()
    assert ((weight >= LEAST * 0.999) & (weight < 2)).all()
