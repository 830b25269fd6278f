"""Our engine: which step sees what."""

from contextlib import contextmanager

import numpy as np
import pytest

from cutout.domain.removal import MattingThresholds, RemovalSettings
from cutout.imaging.engine import CutoutEngine
from cutout.imaging.segment import segment
from tests.unit.imaging.pictures import always, gradient, image_of, red_is_subject, subject_on_blue

PLAIN = RemovalSettings("fake")
MATTED = RemovalSettings("fake", matting=MattingThresholds(erode_size=4))


class Stages:
    def __init__(self):
        self.names = []

    @contextmanager
    def __call__(self, name):
        self.names.append(name)
        yield


def engine(network=None):
    return CutoutEngine(lambda _name: network or red_is_subject())


def test_the_network_is_asked_for_by_the_models_name():
    asked = []
    CutoutEngine(lambda name: asked.append(name) or always(1.0)).matte(image_of(gradient()), RemovalSettings("u2net"))
    assert asked == ["u2net"]


def test_without_matting_the_matte_is_the_mask():
    image = image_of(subject_on_blue())
    assert np.array_equal(engine().matte(image, PLAIN), segment(image, red_is_subject()))


@pytest.mark.parametrize(
    ("settings", "stages"),
    [
        (PLAIN, ["segment", "foreground"]),
        (RemovalSettings("fake", post_process_mask=True), ["segment", "mask", "foreground"]),
        (MATTED, ["segment", "trimap", "matting", "foreground"]),
    ],
)
def test_each_step_runs_when_it_is_asked_for(settings, stages):
    stage = Stages()
    engine().cut_out(image_of(subject_on_blue()), settings, stage)
    assert stage.names == stages


def test_the_matte_alone_needs_no_foreground():
    stage = Stages()
    engine().matte(image_of(subject_on_blue()), MATTED, stage)
    assert "foreground" not in stage.names


def test_matting_keeps_what_is_sure():
    alpha = engine().matte(image_of(subject_on_blue()), MATTED)
    assert alpha[20, 30] >= 253
    assert alpha[1, 1] <= 2


@pytest.mark.parametrize("settings", [PLAIN, MATTED, RemovalSettings("fake", post_process_mask=True)])
def test_no_subject_is_a_fully_transparent_cutout(settings):
    assert not engine(always(0.1)).cut_out(image_of(gradient()), settings).alpha.any()


@pytest.mark.parametrize("settings", [PLAIN, MATTED, RemovalSettings("fake", post_process_mask=True)])
def test_a_subject_that_fills_the_picture_is_the_whole_picture(settings):
    cutout = engine(always(0.9)).cut_out(image_of(gradient()), settings)
    assert (cutout.alpha == 255).all()
    assert np.array_equal(cutout.foreground[..., :3], gradient())


@pytest.mark.parametrize("settings", [PLAIN, MATTED])
def test_nothing_becomes_more_opaque_than_the_file_was(settings):
    own = np.linspace(0, 255, 40 * 60).astype(np.uint8).reshape(40, 60)
    alpha = engine(always(1.0)).matte(image_of(subject_on_blue(), own), settings)
    assert (alpha <= own).all()


def test_the_colour_of_a_file_that_is_already_cut_out_is_left_as_it_is():
    own = np.linspace(0, 255, 16 * 24).astype(np.uint8).reshape(16, 24)
    cutout = engine(always(1.0)).cut_out(image_of(gradient(), own), PLAIN)
    visible = own > 0
    assert np.array_equal(cutout.foreground[visible][:, :3], gradient()[visible])


def test_the_same_picture_gives_the_same_cutout():
    first, second = (engine().cut_out(image_of(subject_on_blue()), MATTED) for _ in range(2))
    assert np.array_equal(first.alpha, second.alpha)
    assert np.array_equal(first.foreground, second.foreground)
