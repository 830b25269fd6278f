"""Over, in exact integers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutout.domain.removal import TRANSPARENT_WHITE, Background
from cutout.imaging import _native
from cutout.imaging.composite import as_seen, composite
from cutout.imaging.image import Cutout
from tests.unit.imaging.pictures import four, gradient, image_of

colours = st.tuples(*[st.integers(0, 255)] * 3)
backgrounds = st.builds(Background, st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.floats(0, 1))
foregrounds = arrays(np.uint8, (3, 4, 4))
alphas = arrays(np.uint8, (3, 4), elements=st.integers(0, 255) | st.sampled_from([0, 255]))
cutouts = st.builds(Cutout, foregrounds, alphas)


def copy_of(cutout: Cutout) -> Cutout:
    return Cutout(cutout.foreground.copy(), cutout.alpha)


def nearest(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


@given(foregrounds, backgrounds)
def test_alpha_1_gives_the_foreground(foreground, background):
    picture = composite(Cutout(foreground.copy(), np.full((3, 4), 255, np.uint8)), background)
    assert np.array_equal(picture[..., :3], foreground[..., :3])
    assert (picture[..., 3] == 255).all()


@given(foregrounds, backgrounds)
def test_alpha_0_gives_the_background(foreground, background):
    picture = composite(Cutout(foreground, np.zeros((3, 4), np.uint8)), background)
    assert (picture == (*background.rgb, round(background.opacity * 255))).all()


@given(cutouts, backgrounds)
def test_every_pixel_is_the_exact_over_rounded_to_nearest(cutout, background):
    picture = composite(copy_of(cutout), background)
    opacity = Fraction(round(background.opacity * 255), 255)
    for at, level in np.ndenumerate(cutout.alpha):
        alpha = Fraction(int(level), 255)
        total = alpha + opacity * (1 - alpha)
        assert picture[at][3] == nearest(total * 255)
        if total:
            for channel, behind in enumerate(background.rgb):
                front = int(cutout.foreground[at][channel])
                assert picture[at][channel] == nearest((alpha * front + opacity * (1 - alpha) * behind) / total)


@given(cutouts, colours)
def test_a_composite_stays_within_its_inputs(cutout, colour):
    picture = composite(copy_of(cutout), Background(*colour, 1.0))[..., :3]
    assert (picture >= np.minimum(cutout.foreground[..., :3], colour)).all()
    assert (picture <= np.maximum(cutout.foreground[..., :3], colour)).all()


@given(cutouts)
def test_without_a_background_the_colour_is_straight_and_the_alpha_the_cutouts_own(cutout):
    picture = composite(copy_of(cutout), TRANSPARENT_WHITE)
    alpha = cutout.alpha
    assert np.array_equal(picture[..., 3], alpha)
    assert np.array_equal(picture[alpha > 0][:, :3], cutout.foreground[alpha > 0][:, :3])
    assert (picture[alpha == 0] == (255, 255, 255, 0)).all()


@pytest.mark.parametrize("opacity", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_large_picture_is_the_same_on_any_number_of_threads(threads, opacity):
    random = np.random.default_rng(0)
    foreground, alpha = random.integers(0, 256, (301, 407, 4), np.uint8), random.integers(0, 256, (301, 407), np.uint8)
    background = (1, 2, 3, round(opacity * 255))
    expected, picture = foreground.copy(), foreground.copy()
    _native.composite(expected, alpha, background, 1)
    _native.composite(picture, alpha, background, threads)
    assert np.array_equal(picture, expected)


def test_a_picture_with_alpha_keeps_its_own_pixels_when_it_is_looked_at():
    image = image_of(gradient(), np.full((16, 24), 100, np.uint8))
    as_seen(image)
    assert np.array_equal(image.pixels, four(gradient()))


@pytest.mark.parametrize(
    "wrong",
    [
        (np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.uint8)),
        (np.zeros((4, 5, 4), np.uint8), np.zeros((4, 4), np.uint8)),
        (np.zeros((4, 5, 4), np.uint8), np.zeros((4, 5), np.float32)),
        (np.zeros((4, 10, 4), np.uint8)[:, ::2], np.zeros((4, 5), np.uint8)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        _native.composite(*wrong, (0, 0, 0, 0), 1)


def test_an_opaque_picture_is_seen_as_it_is():
    image = image_of(gradient())
    assert as_seen(image) is image.pixels


@pytest.mark.parametrize(("subject", "behind"), [(20, 255), (230, 0)])
def test_a_picture_with_alpha_is_seen_on_the_plain_colour_that_it_contrasts_with(subject, behind):
    alpha = np.array([[255, 0]], np.uint8)
    seen = as_seen(image_of(np.full((1, 2, 3), subject, np.uint8), alpha))
    assert seen[0, :, 0].tolist() == [subject, behind]


def test_a_picture_that_is_invisible_throughout_is_seen_as_one_colour():
    seen = as_seen(image_of(gradient(), np.zeros((16, 24), np.uint8)))
    assert (seen == seen[0, 0]).all()
