"""What the three public parameters of alpha matting mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from cutout.domain.removal import MattingThresholds
from cutout.imaging import _native
from cutout.imaging.regions import erode
from cutout.imaging.trimap import make_trimap

RAMP = np.arange(256, dtype=np.uint8)[None]


def test_above_the_foreground_threshold_is_subject_and_below_the_background_threshold_background():
    trimap = make_trimap(RAMP, MattingThresholds(foreground=240, background=10, erode_size=1))
    assert (trimap[0, :10] == 0).all()
    assert (trimap[0, 10:241] == 128).all()
    assert (trimap[0, 241:] == 255).all()


@pytest.mark.parametrize("size", [1, 2, 9, 10, 40])
@pytest.mark.parametrize("turn", range(4))
def test_a_hard_edge_gets_an_unknown_band_one_pixel_narrower_than_the_square(size, turn):
    edge = np.zeros((100, 100), np.uint8)
    edge[:, 50:] = 255
    unknown = (make_trimap(np.rot90(edge, turn), MattingThresholds(erode_size=size)) == 128).sum(axis=1 - turn % 2)
    assert (unknown == size - 1).all()


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (40, 30)])
def test_a_region_that_fills_the_picture_is_sure_to_its_border(shape, value):
    assert (make_trimap(np.full(shape, value, np.uint8), MattingThresholds(erode_size=255)) == value).all()


def test_a_subject_cut_off_by_the_frame_is_sure_up_to_it():
    mask = np.zeros((60, 60), np.uint8)
    mask[30:, 20:40] = 255
    assert make_trimap(mask, MattingThresholds(erode_size=5))[-1, 30] == 255


def test_an_erosion_larger_than_every_region_leaves_no_sure_pixel():
    mask = np.zeros((30, 30), np.uint8)
    mask[10:20, 10:20] = 255
    assert (make_trimap(mask, MattingThresholds(erode_size=255)) == 128).all()


def test_thresholds_that_touch_leave_no_unknown_pixel():
    trimap = make_trimap(RAMP, MattingThresholds(foreground=128, background=129, erode_size=1))
    assert not (trimap == 128).any()


def test_nothing_is_above_the_highest_threshold():
    assert (make_trimap(np.full((4, 4), 255, np.uint8), MattingThresholds(foreground=255)) == 128).all()


@given(arrays(np.uint8, (40, 40)), st.integers(2, 255), st.integers(1, 254), st.integers(1, 20))
def test_inside_the_picture_the_trimap_is_rembgs(levels, foreground, background, size):
    background = min(background, foreground - 1)
    trimap = make_trimap(levels, MattingThresholds(foreground, background, size))
    square = np.ones((size, size))
    subject = ndimage.binary_erosion(levels > foreground, square, border_value=1)
    surely_not = ndimage.binary_erosion(levels < background, square, border_value=1)
    assert np.array_equal(trimap, np.where(subject, 255, np.where(surely_not, 0, 128)))


@given(arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60))), st.integers(1, 255), st.integers(1, 4))
def test_a_sure_pixel_has_nothing_but_its_kind_in_the_square_around(mask, size, threads):
    mask = np.where(mask > 250, 0, np.where(mask < 5, 255, 128 + mask // 100)).astype(np.uint8)
    trimap = np.empty_like(mask)
    _native.make_trimap(mask, trimap, 127, 127, size, threads)
    subject, background = (erode(region, size) for region in (mask > 127, mask < 127))
    assert np.array_equal(trimap, np.where(background, 0, np.where(subject, 255, 128)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"mask": np.zeros((4, 5), np.float32)},
        {"trimap": np.zeros((5, 4), np.uint8)},
        {"foreground": 256},
        {"background": -1},
        {"size": 0},
        {"size": 256},
        {"threads": 0},
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused(wrong):
    arguments = {
        "mask": np.zeros((4, 5), np.uint8),
        "trimap": np.zeros((4, 5), np.uint8),
        "foreground": 240,
        "background": 10,
        "size": 10,
        "threads": 1,
    } | wrong
    with pytest.raises(ValueError, match=r"."):
        _native.make_trimap(*arguments.values())
