"""The generator: what it claims to be exact is exact."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image

from benchmarks.quality import subjects
from benchmarks.quality.canvas import Canvas, Layer
from benchmarks.quality.truth import KINDS, make_scene, network_output, over

SMALL = 0.04
scene_of = cache(lambda kind, seed: make_scene(kind, seed, megapixels=SMALL))


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_is_the_same_for_the_same_seed(kind):
    again = make_scene(kind, 1, megapixels=SMALL)
    assert again.source == scene_of(kind, 1).source
    np.testing.assert_array_equal(again.alpha, scene_of(kind, 1).alpha)


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_gives_another_picture(kind):
    assert scene_of(kind, 1).source != scene_of(kind, 2).source


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_has_subject_background_and_nothing_out_of_range(kind):
    scene = scene_of(kind, 1)
    assert (scene.alpha.min(), scene.alpha.max() > 0.9, scene.alpha.max() <= 1) == (0, True, True)
    assert 0.02 < scene.alpha.mean() < 0.7
    assert scene.foreground.min() >= 0
    assert scene.foreground.max() <= 255


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "glass"])
def test_the_picture_shows_the_true_foreground_where_alpha_is_one(kind):
    scene = scene_of(kind, 1)
    picture = np.asarray(Image.open(io.BytesIO(scene.source)), np.float32)
    sure = scene.alpha == 1
    assert sure.any()
    # What remains is noise and JPEG: no more than 4.7 of 255 and some rounding on average.
    assert abs((picture - scene.foreground)[sure].mean()) < 2
    assert np.abs(picture - scene.foreground)[sure].mean() < 12


@pytest.mark.parametrize("kind", ["hair", "fur", "defocus", "motion", "glass"])
def test_soft_truth_has_more_partly_transparent_pixels_than_an_outline_needs(kind):
    soft, hard = (np.mean((scene_of(name, 1).alpha > 0.02) & (scene_of(name, 1).alpha < 0.98)) for name in (kind, "petals"))
    assert soft > 1.5 * hard


def test_coverage_is_that_of_the_drawn_area():
    canvas = Canvas(4, 1)
    canvas.polygon(np.array([[0.5, 0], [2.25, 0], [2.25, 1], [0.5, 1]]))
    # Pillow's polygons include the cell on their far edge, so the last one reaches a cell further.
    np.testing.assert_allclose(canvas.layer().alpha, [[0.5, 1, 0.5, 0]])


def test_a_layers_colour_is_the_mean_of_what_is_opaque():
    canvas = Canvas(1, 1)
    canvas.paint(np.array([[0, 0], [1, 0], [1, 1], [0, 1]]), (1.0, 0.0, 0.0))
    canvas.polygon(np.array([[0, 0], [0.3, 0], [0.3, 1], [0, 1]]))
    layer = canvas.layer()
    assert 0 < layer.alpha[0, 0] < 1
    np.testing.assert_allclose(layer.colour[0, 0], [1, 0, 0])


def test_over_is_the_matting_equation():
    layer = Layer(np.array([[0.25]], np.float32), np.array([[[1, 0.5, 0]]], np.float32))
    np.testing.assert_allclose(over(layer, np.array([[[0, 0.5, 1]]], np.float32)), [[[0.25, 0.5, 0.75]]])


def test_motion_spreads_alpha_evenly_along_its_way():
    point = np.zeros((21, 21), np.float32)
    point[10, 10] = 1
    spread = subjects.moved(Layer(point, np.ones((21, 21, 3), np.float32)), length=8, turn=0)
    assert spread.alpha.sum() == pytest.approx(1, abs=0.02)
    assert (spread.alpha[10, 7:14] > 0.09).all()
    assert spread.alpha[[9, 11]].sum() == pytest.approx(0, abs=0.01)


def test_blur_keeps_the_subjects_colour_up_to_its_faintest_edge():
    """Premultiplied colour is blurred, so that no black from outside mixes in."""
    disc = (np.hypot(*np.indices((41, 41)) - 20) < 9).astype(np.float32)
    layer = subjects.defocused(Layer(disc, disc[..., None] * np.array([0.8, 0.4, 0.2], np.float32)), radius=4)
    seen = layer.alpha > 0.02
    assert seen.sum() > disc.sum()
    np.testing.assert_allclose(layer.colour[seen], np.broadcast_to([0.8, 0.4, 0.2], (seen.sum(), 3)), atol=0.01)


def test_the_stand_in_for_a_network_finds_the_subject_but_not_its_detail():
    truth = scene_of("hair", 1).alpha
    mask = network_output(truth, np.random.default_rng(0))
    assert mask.shape == (320, 320)
    assert (mask.min() >= 0, mask.max() <= 1) == (True, True)
    small = np.asarray(Image.fromarray(truth).resize((320, 320), Image.Resampling.BOX))
    assert 0.002 < np.abs(mask - small).mean() < 0.1
    assert np.minimum(mask, small).sum() / np.maximum(mask, small).sum() > 0.75
