"""A small mask at the picture's size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pillow

from cutout.imaging.resample import enlarge, resample

masks = arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 1, width=32))
sides = st.integers(1, 200)


@given(masks, sides, sides)
def test_it_is_pillows_bicubic_clipped(mask, width, height):
    expected = np.asarray(Pillow.fromarray(mask).resize((width, height), Pillow.Resampling.BICUBIC)).clip(0, 1)
    assert np.abs(resample(mask, width, height) - expected).max() < 1e-5
    assert np.abs(enlarge(mask, width, height) - expected * 255).max() < 0.51


@given(
    arrays(np.float32, (4, 6), elements=st.floats(0, 1, width=32)),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_enlarging_stays_within_0_and_1(mask, width, height):
    full = resample(mask, width, height)
    assert full.shape == (height, width)
    assert full.min() >= 0
    assert full.max() <= 1


def test_a_sharp_edge_is_enlarged_without_an_echo():
    edge = np.repeat(np.array([[0, 0, 0, 0, 1, 1, 1, 1]], np.float32), 8, axis=0)
    row = resample(edge, 160, 8)[4]
    assert (row[:50] == 0).all()
    assert (row[-50:] == 1).all()
    assert (np.diff(row) >= 0).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (20_000, 1), (1, 20_000), (777, 333)])
def test_a_mask_of_one_value_stays_so(value, width, height):
    assert (resample(np.full((32, 32), value, np.float32), width, height) == value).all()
    assert (enlarge(np.full((32, 32), value, np.float32), width, height) == value * 255).all()
