"""The native LANCZOS agrees with Pillow's to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from cutout.imaging import _native
from tests.unit.imaging.pictures import four

SIZES = st.tuples(*[st.one_of(st.integers(1, 20), st.integers(21, 400))] * 4)


def resample(picture, height, width, threads=2):
    out = np.full((height, width, 3), 77, np.uint8)
    _native.resample(four(picture), out, threads)
    return out


def by_pillow(picture, height, width):
    # Newer versions narrow tall pictures last; here each pass is a call of its own.
    narrow = Pillow.fromarray(picture).resize((width, picture.shape[0]), Pillow.Resampling.LANCZOS)
    return np.asarray(narrow.resize((width, height), Pillow.Resampling.LANCZOS))


@settings(deadline=None, max_examples=150)
@given(SIZES, st.integers(0, 2**32), st.booleans(), st.integers(1, 3))
def test_any_size_from_any_size_is_pillows(sizes, seed, extreme, threads):
    random = np.random.default_rng(seed)
    height, width, *size = sizes
    # Black and white alone overshoot most, so that every sum is clipped somewhere.
    values = random.integers(0, 2, (height, width, 3)) * 255 if extreme else random.integers(0, 256, (height, width, 3))
    picture = values.astype(np.uint8)
    assert np.array_equal(resample(picture, *size, threads), by_pillow(picture, *size))


@pytest.mark.parametrize(("height", "width"), [(1, 20_000), (20_000, 1), (1, 1), (1200, 1600), (320, 320)])
def test_what_a_network_sees_is_pillows(height, width):
    picture = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert np.array_equal(resample(picture, 320, 320), by_pillow(picture, 320, 320))


@pytest.mark.parametrize(
    ("pixels", "out", "threads"),
    [
        (np.zeros((5, 5, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), 1),
        (np.zeros((5, 5, 4), np.uint8), np.zeros((2, 2, 4), np.uint8), 1),
        (np.zeros((0, 5, 4), np.uint8), np.zeros((2, 2, 3), np.uint8), 1),
        (np.zeros((5, 5, 4), np.uint8), np.zeros((2, 0, 3), np.uint8), 1),
        (np.zeros((5, 5, 4), np.float32), np.zeros((2, 2, 3), np.uint8), 1),
        (np.zeros((5, 5, 4), np.uint8), np.zeros((2, 2, 3), np.uint8), 0),
    ],
)
def test_what_is_no_picture_is_refused(pixels, out, threads):
    with pytest.raises(ValueError, match=r"picture|type|threads"):
        _native.resample(pixels, out, threads)
