"""The yardstick itself: a hash that couldn't tell pictures apart would prove nothing."""

import numpy as np

from tests.parity.conftest import SKLEARN, read
from tests.parity.phash import phash


def distance(first: np.ndarray, second: np.ndarray) -> int:
    return int(np.count_nonzero(phash(first) != phash(second)))


def test_two_pictures_are_far_apart():
    assert distance(read(SKLEARN / "china.jpg").rgb, read(SKLEARN / "flower.jpg").rgb) > 16


def test_a_slightly_darker_picture_is_the_same():
    rgb = read(SKLEARN / "china.jpg").rgb
    assert distance(rgb, (rgb * 0.9).astype(np.uint8)) <= 2


def test_a_shifted_picture_is_another():
    rgb = read(SKLEARN / "flower.jpg").rgb
    assert distance(rgb, np.roll(rgb, 100, axis=1)) > 4
