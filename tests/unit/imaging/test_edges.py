"""The mask's edges follow the picture's: nearer the truth, without stairs, rings or a haze."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutout.imaging import _native
from cutout.imaging.edges import EPSILON, HAZE, REACH, SURE, follow_edges, refine_edges
from cutout.imaging.resample import enlarge, resample
from cutout.imaging.segment import predict, segment, thumbnail
from tests.unit.imaging.pictures import always, four, image_of, in_bytes, red_is_subject

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
    return disc(NETWORK, NETWORK, 4, shift=shift) if height == width else resample(alpha, NETWORK, NETWORK)


def followed(alpha, rgb, shift=0.0):
    cells = as_network_sees(alpha, shift)
    mask = enlarge(cells, alpha.shape[1], alpha.shape[0])
    return mask / 255, follow_edges(four(rgb), cells) / 255


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
    assert (better[background] <= mask[background] + 0.51 / 255).all()
    assert (better[subject] >= mask[subject] - 0.51 / 255).all()


def test_without_an_edge_in_the_picture_the_masks_own_stays():
    mask, better = followed(disc(1300, 1300), np.full((1300, 1300, 3), 90, np.uint8))
    assert np.abs(better - mask).max() < 0.2


@pytest.mark.parametrize(("side", "is_followed"), [(600, False), (1600, True)])
def test_only_in_large_pictures_the_edge_is_the_pictures(side, is_followed):
    rgb, network = photographed(disc(side, side), (220, 30, 30), (30, 30, 220)), red_is_subject()
    mask = segment(image_of(rgb), network)
    enlarged = enlarge(predict(thumbnail(four(rgb), network.spec.input_size), network), side, side)
    assert np.array_equal(mask, enlarged) != is_followed


@pytest.mark.parametrize(("probability", "value"), [(0.0, 0), (0.2, 0), (0.9, 255), (1.0, 255)])
def test_a_large_picture_of_one_colour_without_a_subject_or_full_of_it_stays_so(probability, value):
    mask = segment(image_of(np.full((1600, 1601, 3), 77, np.uint8)), always(probability))
    assert (mask == value).all()


@settings(deadline=None)
@given(st.tuples(st.integers(1, 400), st.integers(1, 400)), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_whatever_comes_in_there_is_a_mask_that_keeps_what_is_sure(shape, cells, seed):
    random = np.random.default_rng(seed)
    pixels, network = random.integers(0, 256, (*shape, 4), np.uint8), random.random((cells, cells), np.float32)
    network = np.where(network > 0.7, 1, np.where(network < 0.3, 0, network)).astype(np.float32)
    better = follow_edges(pixels, network)
    assert better.shape == shape
    assert better.dtype == np.uint8
    enlarged = resample(network, shape[1], shape[0])
    assert (better[enlarged == 0] == 0).all()
    assert (better[enlarged == 1] == 255).all()


@settings(deadline=None, max_examples=30)
@given(st.tuples(st.integers(1, 14), st.integers(1, 14)), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_each_window_has_the_ridge_regression_of_mask_on_colour(shape, seed, threads):
    """Written out window by window, and averaged over the windows that a cell lies in."""
    random = np.random.default_rng(seed)
    guide, mask = random.integers(0, 256, (*shape, 4), np.uint8), random.random(shape, np.float32)
    windows = {(y, x): _regression(guide, mask, _window(shape, y, x)) for y in range(shape[0]) for x in range(shape[1])}
    models = np.empty((*shape, 4), np.float32)
    _native.fit_windows(guide, mask, models, REACH, EPSILON, threads)
    for y, x in windows:
        rows, columns = _window(shape, y, x)
        mean = np.mean([windows[v, u] for v in range(rows.start, rows.stop) for u in range(columns.start, columns.stop)], axis=0)
        np.testing.assert_allclose(models[y, x], mean, rtol=1e-3, atol=1e-4)


def _window(shape, y, x):
    return tuple(slice(max(0, at - REACH), min(length, at + REACH + 1)) for at, length in zip((y, x), shape, strict=True))


def _regression(guide, mask, window):
    colour, value = guide[window].reshape(-1, 4)[:, :3] / 255, mask[window].ravel().astype(float)
    centred = colour - colour.mean(axis=0)
    slope = np.linalg.solve(centred.T @ centred / value.size + 1e-4 * np.eye(3), centred.T @ (value - value.mean()) / value.size)
    return [*(slope / 255), value.mean() - slope @ colour.mean(axis=0)]


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.integers(1, 9),
    st.integers(1, 7),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 0.1]),
    st.integers(1, 3),
)
def test_soft_pixels_are_what_the_models_say_as_far_as_the_mask_is_unsure(shape, cells, factor, seed, haze, threads):
    random = np.random.default_rng(seed)
    pixels, network = random.integers(0, 256, (*shape, 4), np.uint8), random.random((cells, cells), np.float32)
    models = random.uniform(-0.01, 0.01, (-(-shape[0] // factor), -(-shape[1] // factor), 4)).astype(np.float32)
    models[..., 3] += 0.5
    better = np.empty(shape, np.uint8)
    _native.enlarge_along_edges(network, pixels, models, better, 1 / factor, 0.1, 0.3, haze, threads)

    mask = resample(network, shape[1], shape[0]).astype(float)
    model = _interpolated(models, shape, factor)
    fitted = (model[..., :3] * pixels[..., :3]).sum(axis=-1) + model[..., 3]
    change = fitted - mask
    unsure = np.clip((np.minimum(mask, 1 - mask) - 0.1) / 0.2, 0, 1)
    change = np.where((change > 0) == (mask < 0.5), change * unsure, change)
    expected = np.where((mask > 0) & (mask < 1), np.clip(mask + change, 0, 1), mask)
    expected = np.clip((expected - haze) / (1 - 2 * haze), 0, 1)
    # Where the mask is a half to within rounding, either side of the rule may be taken.
    firm = np.abs(mask - 0.5) > 1e-5
    assert np.abs(better - expected * 255)[firm].max(initial=0) < 0.53


def _interpolated(maps, shape, factor):
    """Bilinear between cells' centres, clamped at the ends."""
    for axis, length in enumerate(shape):
        at = np.clip((np.arange(length) + 0.5) / factor - 0.5, 0, maps.shape[axis] - 1)
        low = at.astype(int)
        high = np.minimum(low + 1, maps.shape[axis] - 1)
        share = (at - low).reshape([-1 if other == axis else 1 for other in range(3)])
        maps = maps.take(low, axis) * (1 - share) + maps.take(high, axis) * share
    return maps


@pytest.mark.parametrize(
    "wrong",
    [
        {"cells": np.zeros((0, 3), np.float32)},
        {"cells": np.zeros((3, 3))},
        {"pixels": np.zeros((4, 5, 3), np.uint8)},
        {"models": np.zeros((2, 3, 3), np.float32)},
        {"models": np.zeros((0, 3, 4), np.float32)},
        {"mask": np.zeros((4, 4), np.uint8)},
        {"mask": np.zeros((4, 5), np.float32)},
        {"scale": 0.0},
        {"scale": float("nan")},
        {"fully": 0.1},
        {"haze": 0.5},
        {"threads": 0},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_are_refused(wrong):
    arguments = {
        "cells": np.zeros((3, 3), np.float32),
        "pixels": np.zeros((4, 5, 4), np.uint8),
        "models": np.zeros((2, 3, 4), np.float32),
        "mask": np.zeros((4, 5), np.uint8),
        "scale": 0.5,
        "sure": 0.1,
        "fully": 0.3,
        "haze": 0.0,
        "threads": 1,
    } | wrong
    with pytest.raises(ValueError, match=r"."):
        _native.enlarge_along_edges(*arguments.values())
    with pytest.raises(ValueError, match=r"."):
        _native.fit_windows(
            np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.float32), np.zeros((4, 5, 4), np.float32), 4, 1e-4, 1
        )


@pytest.mark.parametrize(("height", "softness", "share"), [(400, 1, 0.9), (400, 6, 1), (1300, 1, 0.9), (1300, 20, 1)])
def test_refined_edges_are_nearer_the_truth_than_those_that_were_followed_once(height, softness, share):
    truth = disc(height, height, softness)
    _, once = followed(truth, photographed(truth), shift=0.7)
    refined = refine_edges(four(photographed(truth)), in_bytes(once)) / 255
    assert np.abs(refined - truth).mean() < share * np.abs(once - truth).mean()


def test_haze_goes_and_what_is_nearly_all_subject_is_all():
    faint = int(HAZE * 255)
    mask = np.full((300, 300), faint, np.uint8)
    mask[100:200, 100:200] = 255 - faint
    refined = refine_edges(four(photographed(mask / np.float32(255))), mask)
    assert (refined[:80] == 0).all()
    assert (refined[140:160, 140:160] == 255).all()


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1), (50, 50)])
def test_refining_a_mask_of_one_value_leaves_it(shape, value):
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 4), np.uint8)
    assert (refine_edges(pixels, np.full(shape, value, np.uint8)) == value).all()


@settings(deadline=None)
@given(st.tuples(st.integers(1, 400), st.integers(1, 400)), st.integers(0, 2**32 - 1))
def test_whatever_comes_in_there_is_a_refined_mask(shape, seed):
    random = np.random.default_rng(seed)
    refined = refine_edges(random.integers(0, 256, (*shape, 4), np.uint8), random.integers(0, 256, shape, np.uint8))
    assert refined.shape == shape
    assert refined.dtype == np.uint8
