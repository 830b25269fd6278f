"""Over, in exact integers."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutout.domain.removal import TRANSPARENT_WHITE, Background
from cutout.imaging.composite import as_seen, composite, flatten, quantise
from cutout.imaging.image import Cutout, Image
from tests.unit.imaging.pictures import gradient

colours = st.tuples(*[st.integers(0, 255)] * 3)
backgrounds = st.builds(Background, st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.floats(0, 1))
foregrounds = arrays(np.uint8, (3, 4, 3))
alphas = arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32) | st.sampled_from([0.0, 1.0]))
cutouts = st.builds(Cutout, foregrounds, alphas)


def nearest(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


@given(foregrounds, backgrounds)
def test_alpha_1_gives_the_foreground(foreground, background):
    picture = composite(Cutout(foreground, np.ones((3, 4), np.float32)), background)
    assert np.array_equal(picture[..., :3], foreground)
    assert (picture[..., 3] == 255).all()


@given(foregrounds, backgrounds)
def test_alpha_0_gives_the_background(foreground, background):
    picture = composite(Cutout(foreground, np.zeros((3, 4), np.float32)), background)
    assert (picture == (*background.rgb, round(background.opacity * 255))).all()


@given(cutouts, backgrounds)
def test_every_pixel_is_the_exact_over_rounded_to_nearest(cutout, background):
    picture = composite(cutout, background)
    opacity = Fraction(round(background.opacity * 255), 255)
    for at, level in np.ndenumerate(quantise(cutout.alpha)):
        alpha = Fraction(int(level), 255)
        total = alpha + opacity * (1 - alpha)
        assert picture[at][3] == nearest(total * 255)
        if total:
            for channel, behind in enumerate(background.rgb):
                front = int(cutout.foreground[at][channel])
                assert picture[at][channel] == nearest((alpha * front + opacity * (1 - alpha) * behind) / total)


@given(cutouts, colours)
def test_flattening_is_the_exact_over_on_an_opaque_colour(cutout, colour):
    picture = flatten(cutout, colour)
    assert np.array_equal(picture, composite(cutout, Background(*colour, 1.0))[..., :3])


@given(cutouts, colours)
def test_a_composite_stays_within_its_inputs(cutout, colour):
    picture = flatten(cutout, colour)
    assert (picture >= np.minimum(cutout.foreground, colour)).all()
    assert (picture <= np.maximum(cutout.foreground, colour)).all()


@given(cutouts)
def test_without_a_background_the_colour_is_straight_and_the_alpha_the_cutouts_own(cutout):
    picture = composite(cutout, TRANSPARENT_WHITE)
    alpha = quantise(cutout.alpha)
    assert np.array_equal(picture[..., 3], alpha)
    assert np.array_equal(picture[alpha > 0][:, :3], cutout.foreground[alpha > 0])
    assert (picture[alpha == 0] == (255, 255, 255, 0)).all()


@given(arrays(np.uint8, (3, 4)))
def test_quantising_undoes_the_division_by_255(levels):
    assert np.array_equal(quantise(levels / np.float32(255)), levels)


def test_the_inputs_are_not_changed():
    cutout = Cutout(gradient(), np.linspace(0, 1, 24 * 16, dtype=np.float32).reshape(16, 24))
    for array in (cutout.foreground, cutout.alpha):
        array.flags.writeable = False
    composite(cutout, Background(1, 2, 3, 0.5))
    flatten(cutout, (1, 2, 3))


def test_an_opaque_picture_is_seen_as_it_is():
    image = Image(gradient())
    assert as_seen(image) is image.rgb


@pytest.mark.parametrize(("subject", "behind"), [(20, 255), (230, 0)])
def test_a_picture_with_alpha_is_seen_on_the_plain_colour_that_it_contrasts_with(subject, behind):
    alpha = np.array([[1, 0]], np.float32)
    seen = as_seen(Image(np.full((1, 2, 3), subject, np.uint8), alpha))
    assert seen[0, :, 0].tolist() == [subject, behind]


def test_a_picture_that_is_invisible_throughout_is_seen_as_one_colour():
    seen = as_seen(Image(gradient(), np.zeros((16, 24), np.float32)))
    assert (seen == seen[0, 0]).all()
