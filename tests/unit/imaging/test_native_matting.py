"""Matting's kernels agree with their NumPy references, and refuse whatever they could overrun."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutout.imaging import _native
from tests.unit.imaging.pictures import in_bytes

EPSILON = 1e-5


@st.composite
def pictures(draw, largest=24):
    """Pixels, a trimap with all three values, and numbers between 0 and 1. From noise through few colours to a single one."""
    shape = draw(st.tuples(st.integers(1, largest), st.integers(1, largest)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    contrast = draw(st.sampled_from([1, 2, 10, 256]))
    pixels = rng.integers(0, contrast, (*shape, 4), np.uint8)
    trimap = rng.choice(np.array([0, 1, 128, 254, 255], np.uint8), shape)
    return pixels, trimap, rng.random(shape, np.float32)


def laplacian(pixels, epsilon):
    """The closed-form matting Laplacian, dense: Levin, Lischinski & Weiss 2008, equation 12."""
    height, width = pixels.shape[:2]
    colour = pixels[..., :3].reshape(-1, 3) / 255
    number = np.arange(height * width).reshape(height, width)
    matrix = np.zeros((height * width, height * width))
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            window = number[y - 1 : y + 2, x - 1 : x + 2].ravel()
            centred = colour[window] - colour[window].mean(axis=0)
            inverse = np.linalg.inv(centred.T @ centred / 9 + epsilon / 9 * np.eye(3))
            matrix[np.ix_(window, window)] += np.eye(9) - (1 + centred @ inverse @ centred.T) / 9
    return matrix


def is_unknown(trimap):
    return (trimap > 0) & (trimap < 255)


def solution(pixels, trimap, prior, weight, epsilon):
    """The dense system with known pixels eliminated."""
    matrix = laplacian(pixels, epsilon)
    unknown = is_unknown(trimap).ravel()
    alpha = trimap.ravel() / 255
    system = matrix[np.ix_(unknown, unknown)] + np.diag(weight.ravel()[unknown])
    right = weight.ravel()[unknown] * prior.ravel()[unknown] - matrix[np.ix_(unknown, ~unknown)] @ alpha[~unknown]
    alpha[unknown] = np.linalg.solve(system, right)
    return alpha.reshape(trimap.shape)


@pytest.mark.parametrize(
    ("solve", "tolerance", "agreement"), [(_native.solve_matting, 1e-5, 2e-3), (_native.solve_matting_in_double, 1e-10, 1e-5)]
)
@pytest.mark.parametrize("threads", [1, 2])
@given(pictures(), st.sampled_from([0.01, 0.3]))
@settings(max_examples=30, deadline=None)
def test_the_solution_is_that_of_the_dense_system(solve, tolerance, agreement, threads, picture, least):
    pixels, trimap, prior = picture
    weight = least + prior
    alpha = np.where(is_unknown(trimap), prior, trimap / 255).astype(np.float32)
    solve(pixels, trimap, alpha, prior, weight, EPSILON, tolerance, 5000, threads)
    assert np.abs(alpha - solution(pixels, trimap, prior, weight, EPSILON)).max() < agreement


def cells_of(plane, factor, reduction):
    rows, columns = (range(0, length, factor) for length in plane.shape[:2])
    return np.array([[reduction(plane[y : y + factor, x : x + factor]) for x in columns] for y in rows])


@given(pictures(), st.integers(1, 9), st.integers(1, 3))
def test_a_cells_colour_is_the_mean_of_its_pixels(picture, factor, threads):
    pixels = picture[0]
    expected = cells_of(pixels, factor, lambda cell: np.floor(cell.mean(axis=(0, 1)) + 0.5))
    cells = np.zeros(expected.shape, np.uint8)
    _native.reduce_colour(pixels, cells, factor, threads)
    assert np.array_equal(cells[..., :3], expected[..., :3])


@given(pictures(), st.integers(1, 9), st.integers(1, 3))
def test_a_cell_is_sure_where_its_pixels_are_and_agree_and_else_has_the_masks_mean(picture, factor, threads):
    _, trimap, plane_ = picture
    mask = in_bytes(plane_)
    low, high = cells_of(trimap, factor, np.min), cells_of(trimap, factor, np.max)
    unknown = (low < 255) & (high > 0)
    trimap_cells, mask_cells = np.zeros(low.shape, np.uint8), np.zeros(low.shape, np.float32)
    _native.reduce_trimap(trimap, mask, trimap_cells, mask_cells, factor, threads)
    assert np.array_equal(trimap_cells, np.where(unknown, 128, low))
    assert np.allclose(mask_cells, np.where(unknown, cells_of(mask / 255, factor, np.mean), low / 255), atol=1e-5)


def models_of(pixels, trimap, alpha, epsilon):
    """Ridge regression on each 3x3 window that has an unknown pixel, as far as it lies inside."""
    height, width = trimap.shape
    models = np.zeros((height, width, 4))
    for y in range(height):
        for x in range(width):
            window = np.s_[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
            if not is_unknown(trimap[window]).any():
                continue
            colour, values = pixels[window].reshape(-1, 4)[:, :3].astype(float), alpha[window].ravel().astype(float)
            centred = colour - colour.mean(axis=0)
            covariance = centred.T @ centred / len(colour) + epsilon * 255**2 * np.eye(3)
            slope = np.linalg.solve(covariance, centred.T @ (values - values.mean()) / len(colour))
            models[y, x] = *slope, values.mean() - slope @ colour.mean(axis=0)
    return models


@given(pictures(12), st.integers(1, 3))
def test_models_are_ridge_regressions_near_unknown_pixels(picture, threads):
    pixels, trimap, alpha = picture
    models = np.zeros((*trimap.shape, 4), np.float32)
    _native.fit_models(pixels, trimap, alpha, models, 1e-3, threads)
    expected = models_of(pixels, trimap, alpha, 1e-3)
    # The offset is a difference of numbers up to 255 times the slopes: compare what the models say of colours.
    shades = np.array([[0, 0, 0, 1], [255, 0, 0, 1], [0, 255, 0, 1], [90, 90, 255, 1]])
    assert np.allclose(models @ shades.T, expected @ shades.T, atol=2e-3)


@given(pictures(), st.integers(1, 7), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_models_are_interpolated_between_cells_and_applied_to_colours(picture, factor, threads, seed):
    pixels, trimap, _ = picture
    height, width = trimap.shape
    rows, columns = -(-height // factor), -(-width // factor)
    models = np.random.default_rng(seed).uniform(-0.01, 0.01, (rows, columns, 4)).astype(np.float32)
    models[..., 3] += 0.5
    alpha, matte = (trimap / 255).astype(np.float32), trimap.copy()
    _native.apply_models(pixels, trimap, models, alpha, 1 / factor, threads)
    _native.apply_models_in_bytes(pixels, trimap, models, matte, 1 / factor, threads)

    y = np.clip((np.arange(height) + 0.5) / factor - 0.5, 0, rows - 1)
    x = np.clip((np.arange(width) + 0.5) / factor - 0.5, 0, columns - 1)
    v, u = (y % 1)[:, None, None], (x % 1)[None, :, None]
    y0, x0 = y.astype(int), x.astype(int)
    y1, x1 = np.minimum(y0 + 1, rows - 1), np.minimum(x0 + 1, columns - 1)
    top = models[y0][:, x0] * (1 - u) + models[y0][:, x1] * u
    bottom = models[y1][:, x0] * (1 - u) + models[y1][:, x1] * u
    between = top * (1 - v) + bottom * v
    value = np.clip((between[..., :3] * pixels[..., :3]).sum(axis=-1) + between[..., 3], 0, 1)
    expected = np.where(is_unknown(trimap), value, trimap / 255)
    assert np.allclose(alpha, expected, atol=1e-4)
    assert np.abs(matte - expected * 255).max() < 0.53


def pixels(*shape):
    return np.zeros((*shape, 4), np.uint8)


def matte(*shape):
    return np.zeros(shape, np.uint8)


def plane(*shape):
    return np.zeros(shape, np.float32)


def solve(**wrong):
    given_ = {
        "pixels": pixels(4, 5),
        "trimap": matte(4, 5),
        "alpha": plane(4, 5),
        "prior": plane(4, 5),
        "weight": plane(4, 5),
        "epsilon": 1e-5,
        "tolerance": 1e-4,
        "most_steps": 9,
        "threads": 1,
    }
    _native.solve_matting(*(given_ | wrong).values())


def frozen(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixels": pixels(4, 6)},
        {"pixels": np.zeros((4, 5, 3), np.uint8)},
        {"pixels": plane(4, 5)},
        {"pixels": pixels(4, 10)[:, ::2]},
        {"trimap": matte(5, 4)},
        {"trimap": plane(4, 5)},
        {"alpha": plane(4, 4)},
        {"alpha": frozen(plane(4, 5))},
        {"prior": plane(4, 5).T},
        {"weight": plane(20)},
        {"epsilon": 0.0},
        {"epsilon": float("nan")},
        {"threads": 0},
        {"threads": 1000},
    ],
    ids=str,
)
def test_a_system_whose_parts_do_not_fit_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        solve(**wrong)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _native.reduce_colour(pixels(9, 9), pixels(3, 4), 3, 1),
        lambda: _native.reduce_colour(pixels(9, 9), pixels(9, 9), 0, 1),
        lambda: _native.reduce_colour(pixels(9, 9), pixels(1, 1), 256, 1),
        lambda: _native.reduce_trimap(matte(9, 9), matte(9, 8), matte(3, 3), plane(3, 3), 3, 1),
        lambda: _native.reduce_trimap(matte(9, 9), matte(9, 9), matte(3, 3), plane(3, 2), 3, 1),
        lambda: _native.fit_models(pixels(4, 5), matte(4, 5), plane(4, 5), plane(4, 5, 3), 1e-5, 1),
        lambda: _native.fit_models(pixels(4, 5), matte(4, 5), plane(4, 5), plane(4, 5, 4), 0.0, 1),
        lambda: _native.apply_models(pixels(4, 5), matte(4, 5), plane(2, 3, 3), plane(4, 5), 0.5, 1),
        lambda: _native.apply_models(pixels(4, 5), matte(4, 5), plane(0, 3, 4), plane(4, 5), 0.5, 1),
        lambda: _native.apply_models(pixels(4, 5), matte(4, 5), plane(2, 3, 4), plane(4, 6), 0.5, 1),
        lambda: _native.apply_models(pixels(4, 5), matte(4, 5), plane(2, 3, 4), plane(4, 5), float("nan"), 1),
    ],
)
def test_cells_and_models_that_do_not_fit_are_refused(call):
    with pytest.raises(ValueError, match=r"."):
        call()


def test_an_empty_picture_is_no_work():
    assert _native.solve_matting(pixels(0, 5), matte(0, 5), plane(0, 5), plane(0, 5), plane(0, 5), 1e-5, 1e-4, 9, 2) == 0
