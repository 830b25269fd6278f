"""The mask's edges follow the picture's: nearer the truth, without stairs, rings or a haze."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutout.imaging.edges import REACH, SURE, fit_windows, follow_edges
from cutout.imaging.image import Image
from cutout.imaging.resample import enlarge
from cutout.imaging.segment import predict, segment, thumbnail
from tests.unit.imaging.pictures import always, red_is_subject

NETWORK = 320


def disc(height, width, softness=1.0, radius=0.3, shift=0.0):
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(y - height / 2, x - width / 2 - shift)
    return np.clip((radius * min(height, width) - distance) / softness + 0.5, 0, 1).astype(np.float32)


def photographed(alpha, front=(200, 120, 60), back=(60, 110, 150), noise=3.0):
    mixed = back + alpha[..., None] * (np.array(front) - back)
    return np.clip(mixed + np.random.default_rng(0).normal(0, noise, mixed.shape) + 0.5, 0, 255).astype(np.uint8)


def as_network_sees(alpha, shift=0.0):
    """Cells of the network's, an edge four of them wide and shifted by some."""
    height, width = alpha.shape
    return disc(NETWORK, NETWORK, 4, shift=shift) if height == width else enlarge(alpha, NETWORK, NETWORK)


def followed(alpha, rgb, shift=0.0):
    cells = as_network_sees(alpha, shift)
    mask = enlarge(cells, alpha.shape[1], alpha.shape[0])
    return mask, follow_edges(rgb, cells, mask)


@pytest.mark.parametrize(("softness", "share"), [(1, 0.6), (8, 0.8), (25, 0.97)])
@pytest.mark.parametrize("shift", [0, 0.7])
def test_hard_and_soft_edges_come_nearer_the_truth(softness, share, shift):
    truth = disc(1300, 1300, softness)
    mask, better = followed(truth, photographed(truth), shift)
    assert np.abs(better - truth).mean() < share * np.abs(mask - truth).mean()


def test_at_12_megapixels_an_edge_has_neither_stairs_nor_rings():
    truth = disc(3464, 3464, 2)
    _, alpha = followed(truth, photographed(truth, noise=0))
    across = alpha[1732, :1732]
    assert (np.diff(across) > -0.02).all()
    # Crossings of one half along a hard edge lie on the circle, not on cells eleven pixels wide.
    rows = slice(1500, 1960)
    crossing = np.abs(alpha[rows, :1732] - 0.5).argmin(axis=1)
    true = np.abs(truth[rows, :1732] - 0.5).argmin(axis=1)
    assert np.abs(crossing - true).max() <= 2


def test_what_the_mask_is_sure_of_never_becomes_less_sure():
    truth = disc(1300, 1300, 20)
    mask, better = followed(truth, photographed(truth))
    background, subject = mask < SURE, mask > 1 - SURE
    assert (better[background] <= mask[background] + 1e-6).all()
    assert (better[subject] >= mask[subject] - 1e-6).all()


def test_without_an_edge_in_the_picture_the_masks_own_stays():
    mask, better = followed(disc(1300, 1300), np.full((1300, 1300, 3), 90, np.uint8))
    assert np.abs(better - mask).max() < 0.2


@pytest.mark.parametrize(("side", "is_followed"), [(600, False), (1600, True)])
def test_only_in_large_pictures_the_edge_is_the_pictures(side, is_followed):
    rgb, network = photographed(disc(side, side), (220, 30, 30), (30, 30, 220)), red_is_subject()
    mask = segment(Image(rgb), network)
    enlarged = enlarge(predict(thumbnail(rgb, network.spec.input_size), network), side, side)
    assert np.array_equal(mask, enlarged) != is_followed


@pytest.mark.parametrize(("probability", "value"), [(0.0, 0), (0.2, 0), (0.9, 1), (1.0, 1)])
def test_a_large_picture_of_one_colour_without_a_subject_or_full_of_it_stays_so(probability, value):
    mask = segment(Image(np.full((1600, 1601, 3), 77, np.uint8)), always(probability))
    assert (mask == value).all()


@settings(deadline=None)
@given(st.tuples(st.integers(1, 400), st.integers(1, 400)), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_whatever_comes_in_the_mask_stays_within_0_and_1(shape, cells, seed):
    random = np.random.default_rng(seed)
    rgb, network = random.integers(0, 256, (*shape, 3), np.uint8), random.random((cells, cells), np.float32)
    better = follow_edges(rgb, network, enlarge(network, shape[1], shape[0]))
    assert better.shape == shape
    assert better.dtype == np.float32
    assert ((better >= 0) & (better <= 1)).all()


@settings(deadline=None, max_examples=30)
@given(st.tuples(st.integers(1, 14), st.integers(1, 14)), st.integers(0, 2**32 - 1))
def test_each_window_has_the_ridge_regression_of_mask_on_colour(shape, seed):
    """Written out window by window, and averaged over the windows that a cell lies in."""
    random = np.random.default_rng(seed)
    guide, mask = random.integers(0, 256, (*shape, 3), np.uint8), random.random(shape, np.float32)
    windows = {(y, x): _regression(guide, mask, _window(shape, y, x)) for y in range(shape[0]) for x in range(shape[1])}
    models = fit_windows(guide, mask)
    for y, x in windows:
        rows, columns = _window(shape, y, x)
        mean = np.mean([windows[v, u] for v in range(rows.start, rows.stop) for u in range(columns.start, columns.stop)], axis=0)
        np.testing.assert_allclose(models[y, x], mean, rtol=1e-3, atol=1e-4)


def _window(shape, y, x):
    return tuple(slice(max(0, at - REACH), min(length, at + REACH + 1)) for at, length in zip((y, x), shape, strict=True))


def _regression(guide, mask, window):
    colour, value = guide[window].reshape(-1, 3) / 255, mask[window].ravel().astype(float)
    centred = colour - colour.mean(axis=0)
    slope = np.linalg.solve(centred.T @ centred / value.size + 1e-4 * np.eye(3), centred.T @ (value - value.mean()) / value.size)
    return [*(slope / 255), value.mean() - slope @ colour.mean(axis=0)]
