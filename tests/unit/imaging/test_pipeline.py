"""The whole job on files."""

import warnings
from contextlib import contextmanager

import numpy as np
import pytest

from cutout.domain.errors import InvalidInputImage, InvalidParameter
from cutout.domain.removal import Background, ImageFormat, InputLimits, MattingThresholds, OutputSettings, RemovalSettings
from cutout.imaging.engine import CutoutEngine
from cutout.imaging.pipeline import remove_background
from tests.unit.imaging.pictures import always, exif, gradient, loaded, red_is_subject, saved, subject_on_blue

SOURCE = saved(subject_on_blue())
PNG = OutputSettings(ImageFormat.PNG)
JPG = OutputSettings(ImageFormat.JPG)
WEBP = OutputSettings(ImageFormat.WEBP)
EVERYTHING = {"post_process_mask": True, "matting": MattingThresholds()}


def removed(source=SOURCE, output=PNG, network=None, **settings):
    engine = CutoutEngine(lambda _name: network or red_is_subject())
    return remove_background(source, RemovalSettings("fake", **settings), output, InputLimits(), engine)


def pixels(result):
    return np.asarray(loaded(result.encoded))


def test_the_background_becomes_transparent_white_and_the_subject_keeps_its_colour():
    picture = pixels(removed())
    assert picture[1, 1].tolist() == [255, 255, 255, 0]
    assert picture[20, 30].tolist() == [220, 0, 0, 255]


@pytest.mark.parametrize("output", [PNG, JPG, WEBP])
def test_the_result_says_what_it_is(output):
    result = removed(output=output)
    assert (result.width, result.height, result.format) == (60, 40, output.format)
    assert loaded(result.encoded).size == (60, 40)


def test_a_jpg_is_flattened_on_the_backgrounds_colour_whatever_its_opacity():
    assert np.abs(pixels(removed(output=JPG))[1, 1].astype(int) - 255).max() <= 2
    green = pixels(removed(output=JPG, background=Background(0, 200, 0, 0.0)))[1, 1].astype(int)
    assert np.abs(green - (0, 200, 0)).max() <= 3


def test_an_opaque_background_needs_no_alpha():
    picture = pixels(removed(background=Background(0, 200, 0, 1.0)))
    assert picture.shape == (40, 60, 3)
    assert picture[1, 1].tolist() == [0, 200, 0]


def test_a_half_transparent_background_shows_at_its_opacity():
    assert pixels(removed(background=Background(0, 200, 0, 0.5)))[1, 1].tolist() == [0, 200, 0, 128]


@pytest.mark.parametrize("output", [PNG, JPG])
def test_the_mask_alone_is_grey_with_the_subject_white(output):
    file = loaded(removed(output=output, only_mask=True).encoded)
    assert file.mode == "L"
    assert file.getpixel((30, 20)) >= 253
    assert file.getpixel((1, 1)) <= 2


def test_no_subject_is_fully_transparent_and_its_mask_black():
    assert not pixels(removed(network=always(0.1)))[..., 3].any()
    assert not pixels(removed(network=always(0.1), only_mask=True)).any()


def test_every_orientation_of_a_picture_gives_the_same_mask():
    upright = pixels(removed(only_mask=True))
    on_its_side = saved(np.ascontiguousarray(np.rot90(subject_on_blue())), exif=b"Exif\0\0" + exif(6))
    assert np.array_equal(pixels(removed(on_its_side, only_mask=True)), upright)


@pytest.mark.parametrize("settings", [{}, EVERYTHING, {"only_mask": True, **EVERYTHING}])
@pytest.mark.parametrize("network", [red_is_subject(), always(0.0), always(1.0)], ids=["subject", "none", "all"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 20_000), (20_000, 1), (40, 60)])
def test_any_shape_with_any_settings_gives_a_picture(shape, network, settings):
    picture = np.full((*shape, 3), (200, 30, 30), np.uint8)
    result = removed(saved(picture), network=network, **settings)
    assert loaded(result.encoded).size == shape[::-1]


@pytest.mark.parametrize("thresholds", [(240, 10, 255), (255, 1, 10), (2, 1, 1), (128, 127, 1)])
def test_any_thresholds_give_a_picture(thresholds):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = pixels(removed(saved(gradient(60, 40)), matting=MattingThresholds(*thresholds)))
    assert picture.shape == (40, 60, 4)


def test_a_format_that_cannot_hold_the_picture_is_refused_before_the_network_runs():
    network = always(1.0)
    with pytest.raises(InvalidParameter):
        removed(saved(np.zeros((1, 20_000, 3), np.uint8)), WEBP, network)
    assert network.shown is None


def test_a_damaged_picture_is_refused_before_the_network_runs():
    network = always(1.0)
    with pytest.raises(InvalidInputImage):
        removed(SOURCE[:-20], network=network)
    assert network.shown is None


def test_the_stages_are_named_in_their_order():
    names = []

    @contextmanager
    def stage(name):
        names.append(name)
        yield

    engine = CutoutEngine(lambda _name: red_is_subject())
    remove_background(SOURCE, RemovalSettings("fake", **EVERYTHING), PNG, InputLimits(), engine, stage)
    assert names == ["decode", "segment", "mask", "trimap", "matting", "foreground", "composite", "encode"]
