"""Binary morphology against its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from cutout.imaging.regions import dilate, erode, touched

regions = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=24))


@given(regions, st.integers(1, 30))
def test_erosion_is_what_its_definition_says(region, size):
    expected = ndimage.binary_erosion(region, np.ones((size, size)), border_value=1)
    assert np.array_equal(erode(region, size), expected)


@given(regions, st.sampled_from([1, 3, 5, 9]))
def test_dilation_is_what_its_definition_says(region, size):
    assert np.array_equal(dilate(region, size), ndimage.binary_dilation(region, np.ones((size, size))))


@given(regions, st.data())
def test_the_touched_parts_are_those_that_a_flood_from_the_marker_fills(region, data):
    marker = data.draw(arrays(np.bool_, region.shape)) & region
    expected = ndimage.binary_propagation(marker, np.ones((3, 3)), mask=region)
    assert np.array_equal(touched(region, marker), expected)


@pytest.mark.timeout(5)
def test_the_longest_winding_part_is_followed_to_its_end():
    maze = np.zeros((321, 321), np.bool_)
    maze[::2] = True
    maze[1::4, -1] = True
    maze[3::4, 0] = True
    marker = np.zeros_like(maze)
    marker[0, 0] = True
    assert np.array_equal(touched(maze, marker), maze)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_nothing_is_left_of_a_region_smaller_than_the_erosion_and_all_of_one_that_fills_the_picture(shape):
    assert erode(np.ones(shape, np.bool_), 255).all()
    hole = np.ones(shape, np.bool_)
    hole[0, 0] = False
    assert not erode(hole, 255).any()
