"""Post-processing takes specks and pinholes away, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutout.imaging.mask import clean_up
from cutout.imaging.resample import enlarge
from tests.unit.imaging.pictures import in_bytes


def soft_disc(side, *, centre=(0.5, 0.5), radius=0.3, softness=0.02):
    down, across = np.mgrid[:side, :side] / side
    distance = np.hypot(down - centre[0], across - centre[1])
    return in_bytes(np.clip((radius - distance) / softness + 0.5, 0, 1))


@pytest.fixture(params=[64, 320, 1000])
def side(request):
    return request.param


def test_a_clean_mask_is_returned_as_it_is(side):
    mask = soft_disc(side)
    assert np.array_equal(clean_up(mask), mask)


def test_a_speck_goes_and_the_subject_keeps_every_value(side):
    subject = soft_disc(side)
    speck = soft_disc(side, centre=(0.08, 0.08), radius=1.2 / min(side, 320), softness=1 / side)
    cleaned = clean_up(np.maximum(subject, speck))
    assert np.array_equal(cleaned, subject)


def test_a_pinhole_is_closed_and_the_outline_keeps_every_value(side):
    subject = soft_disc(side)
    pinhole = soft_disc(side, radius=1.2 / min(side, 320), softness=1 / side)
    assert np.array_equal(clean_up(subject - pinhole), subject)


def test_a_speck_goes_from_a_picture_whose_sides_are_no_multiple_of_anything():
    subject = np.zeros((347, 1609), np.uint8)
    subject[100:300, 200:1200] = 255
    specked = subject.copy()
    specked[340:344, 1590:1600] = 255
    assert np.array_equal(clean_up(specked), subject)


def test_a_networks_own_speck_of_one_cell_leaves_no_trace_at_full_size():
    cells = np.zeros((320, 320), np.float32)
    cells[100:220, 100:220] = 1
    subject = enlarge(cells, 1500, 1500)
    cells[40, 40] = 1
    cleaned = clean_up(enlarge(cells, 1500, 1500))
    assert np.array_equal(cleaned, subject)


def test_a_thin_strand_of_the_subject_stays(side):
    mask = soft_disc(side)
    mask[side // 2, side // 2 :] = 200
    assert np.array_equal(clean_up(mask), mask)


def test_a_second_subject_stays(side):
    mask = np.maximum(soft_disc(side, centre=(0.3, 0.3), radius=0.2), soft_disc(side, centre=(0.8, 0.8), radius=0.08))
    assert np.array_equal(clean_up(mask), mask)


def test_a_real_hole_stays_open(side):
    mask = soft_disc(side) - soft_disc(side, radius=0.1)
    assert np.array_equal(clean_up(mask), mask)


def test_a_subject_that_is_nothing_but_thin_stays():
    mask = np.zeros((100, 100), np.uint8)
    mask[50, 10:90] = 255
    assert np.array_equal(clean_up(mask), mask)


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1), (50, 50)])
def test_a_mask_of_one_value_stays(shape, value):
    mask = np.full(shape, value, np.uint8)
    assert np.array_equal(clean_up(mask), mask)


@settings(deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_mask_gives_a_mask(mask):
    cleaned = clean_up(mask)
    assert cleaned.shape == mask.shape
    assert cleaned.dtype == np.uint8
