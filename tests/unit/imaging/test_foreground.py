"""The subject's own colour at soft edges: nearer the truth than the picture, the picture itself elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from cutout.imaging import _native
from cutout.imaging.foreground import estimate_foreground
from tests.unit.imaging.pictures import four, in_bytes

SIDE = 400


def picture(array, side=SIDE):
    return np.asarray(Image.fromarray(array).resize((side, side), Image.Resampling.LANCZOS)).astype(float)


def estimated(rgb, alpha):
    pixels = four(rgb)
    estimate_foreground(pixels, alpha)
    return pixels[..., :3]


@pytest.fixture(scope="module", params=[3, 12, 40])
def composed(request):
    """A cat's fur in a wavy disc over a cup of coffee, edges so many pixels soft, with sensor noise: foreground, picture, alpha."""
    front, back = picture(data.chelsea()), picture(data.coffee())
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    radius = SIDE * 0.3 * (1 + 0.1 * np.sin(9 * np.arctan2(y, x)))
    alpha = np.clip((radius - np.hypot(y, x)) / request.param + 0.5, 0, 1).astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 2.5, front.shape)
    mixed = alpha[..., None] * front + (1 - alpha[..., None]) * back + noise
    return front, np.clip(mixed + 0.5, 0, 255).astype(np.uint8), in_bytes(alpha)


def visible_error(colour, front, alpha):
    """Mean distance from the true colour on soft pixels, as far as it shows."""
    soft = (alpha > 0) & (alpha < 255)
    return (np.abs(colour.astype(float) - front)[soft] * alpha[soft][:, None]).mean()


def test_soft_edges_lose_at_least_a_quarter_of_the_error_that_the_background_makes(composed):
    front, mixed, alpha = composed
    assert visible_error(estimated(mixed, alpha), front, alpha) < 3 / 4 * visible_error(mixed, front, alpha)


def test_pixels_that_are_not_soft_keep_their_colour(composed):
    _, mixed, alpha = composed
    sure = (alpha == 0) | (alpha == 255)
    np.testing.assert_array_equal(estimated(mixed, alpha)[sure], mixed[sure])


@given(
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.lists(st.integers(0, 255), min_size=3, max_size=3),
    st.integers(0, 2**32 - 1),
)
def test_one_colour_stays_one_colour_whatever_the_alpha(shape, colour, seed):
    alpha = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    rgb = np.broadcast_to(np.uint8(colour), (*shape, 3)).copy()
    np.testing.assert_allclose(estimated(rgb, alpha).astype(int), rgb, atol=1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1), (2, 3)])
@pytest.mark.parametrize("value", [0, 1, 128, 255])
def test_every_shape_and_alpha_gives_a_picture(shape, value):
    rgb = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    assert estimated(rgb, np.full(shape, value, np.uint8)).shape == rgb.shape


def sure_in_places(random, shape):
    """An alpha with blocks that are all subject, all background, and neither."""
    coarse = random.choice(np.array([-2, 0, 2], int), (-(-shape[0] // 8), -(-shape[1] // 8)))
    noise = random.random(shape) + coarse.repeat(8, 0).repeat(8, 1)[: shape[0], : shape[1]]
    return in_bytes(np.clip(noise, 0, 1))


@given(st.tuples(st.integers(1, 40), st.integers(1, 40)), st.integers(1, 9), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_block_sums_are_numpys(shape, factor, seed, threads):
    random = np.random.default_rng(seed)
    rgb, levels = random.integers(0, 256, (*shape, 3), np.uint8), sure_in_places(random, shape)
    alpha = levels / 255
    height, width = (-(-length // factor) for length in shape)
    sums = np.full((7, height, width), np.nan, np.float32)
    _native.block_sums(four(rgb), levels, sums, factor, threads)
    planes = np.concatenate([alpha[None], (alpha[..., None] * rgb).transpose(2, 0, 1), rgb.transpose(2, 0, 1).astype(float)])
    padded = np.pad(planes, ((0, 0), (0, height * factor - shape[0]), (0, width * factor - shape[1])))
    expected = padded.reshape(7, height, factor, width, factor).sum(axis=(2, 4))
    np.testing.assert_allclose(sums, expected, rtol=1e-4, atol=1e-3)


def mean(total, weight, otherwise=0.0):
    return np.where(weight > 1e-4, total / np.where(weight > 1e-4, weight, 1), otherwise)


def around(planes, reach):
    """Sums over a square of 2 reach + 1 places, as far as it lies inside."""
    padded = np.pad(planes, ((0, 0), (reach, reach), (reach, reach)))
    return np.lib.stride_tricks.sliding_window_view(padded, (2 * reach + 1, 2 * reach + 1), axis=(1, 2)).sum(axis=(3, 4))


def blur_fusion(sums, count, coarse, reach):
    """(6, H, W): the two passes, written out on whole planes."""
    opacity, subject, colour = sums[:1], sums[1:4], sums[4:]

    def wide(planes):
        height, width = planes.shape[1:]
        padded = np.pad(planes, ((0, 0), (0, -height % coarse), (0, -width % coarse)))
        blocks = padded.reshape(len(planes), padded.shape[1] // coarse, coarse, -1, coarse).sum(axis=(2, 4))
        return around(blocks, reach).repeat(coarse, axis=1).repeat(coarse, axis=2)[:, :height, :width]

    front, back = mean(wide(subject), wide(opacity)), mean(wide(colour - subject), wide(count - opacity))
    share, own = opacity / count, colour / count
    fused = np.clip(front + share * (own - share * front - (1 - share) * back), 0, 255)
    near_front = mean(around(fused * opacity, 1), around(opacity, 1), front)
    near_back = mean(around(back * (count - opacity), 1), around(count - opacity, 1), back)
    return np.concatenate([near_front, near_back])


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(1, 6),
    st.integers(0, 3),
    st.integers(0, 2**32 - 1),
    st.integers(1, 3),
)
def test_the_means_are_blur_fusions(shape, coarse, reach, seed, threads):
    random = np.random.default_rng(seed)
    count = random.integers(1, 65, shape).astype(np.float32)
    opacity = count * sure_in_places(random, shape) / 255
    colour, subject_colour = random.uniform(0, 255, (2, 3, *shape))
    sums = np.concatenate([opacity[None], opacity * subject_colour, opacity * subject_colour + (count - opacity) * colour])
    means = np.full((*shape, 8), np.nan, np.float32)
    _native.layer_means(sums.astype(np.float32), count, means, coarse, reach, threads)
    found = np.moveaxis(means, -1, 0)[[0, 1, 2, 4, 5, 6]]
    # A weight that is all but nothing may be taken for nothing, or not.
    firm = np.minimum(around(opacity[None], 1), around((count - opacity)[None], 1))[0] % 64 > 0.01
    np.testing.assert_allclose(found[:, firm], blur_fusion(sums, count, coarse, reach)[:, firm], atol=0.05)


def interpolated(means, shape, factor):
    """Bilinear, between block centres, clamped at the ends."""
    for axis, length in ((1, shape[0]), (2, shape[1])):
        at = np.clip((np.arange(length) + 0.5) / factor - 0.5, 0, means.shape[axis] - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, means.shape[axis] - 1)
        weight = (at - low).reshape([-1 if other == axis else 1 for other in range(3)])
        means = means.take(low, axis) * (1 - weight) + means.take(high, axis) * weight
    return means.transpose(1, 2, 0)


@given(st.tuples(st.integers(1, 30), st.integers(1, 30)), st.integers(1, 9), st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_recolouring_is_the_papers_equation(shape, factor, seed, threads):
    random = np.random.default_rng(seed)
    rgb, alpha = random.integers(0, 256, (*shape, 3), np.uint8), sure_in_places(random, shape)
    blocks = (3, *(-(-length // factor) for length in shape))
    front, back = (random.uniform(0, 255, blocks).astype(np.float32) for _ in range(2))
    means = np.zeros((*blocks[1:], 8), np.float32)
    means[..., :3], means[..., 4:7] = front.transpose(1, 2, 0), back.transpose(1, 2, 0)
    result = four(rgb)
    _native.recolour(result, alpha, means, factor, threads)
    share = alpha[..., None] / 255
    f, b = interpolated(front.astype(float), shape, factor), interpolated(back.astype(float), shape, factor)
    expected = np.where((share > 0) & (share < 1), np.clip(f + share * (rgb - share * f - (1 - share) * b), 0, 255), rgb)
    np.testing.assert_allclose(result[..., :3], expected, atol=0.51)
    assert np.array_equal(result[..., 3], four(rgb)[..., 3])


@pytest.mark.parametrize(
    "change",
    [
        {"pixels": np.zeros((4, 4), np.uint8)},
        {"pixels": np.zeros((4, 5, 4), np.uint8)},
        {"pixels": np.zeros((4, 4, 3), np.uint8)},
        {"alpha": np.zeros((4, 4))},
        {"alpha": np.zeros((4, 8), np.uint8)[:, ::2]},
        {"sums": np.zeros((7, 1, 2), np.float32)},
        {"sums": np.zeros((6, 2, 2), np.float32)},
        {"factor": 0},
        {"factor": 1000},
        {"threads": 0},
    ],
)
def test_arrays_that_do_not_fit_are_refused(change):
    arguments = {
        "pixels": np.zeros((4, 4, 4), np.uint8),
        "alpha": np.zeros((4, 4), np.uint8),
        "sums": np.zeros((7, 2, 2), np.float32),
        "factor": 2,
        "threads": 1,
    } | change
    with pytest.raises(ValueError, match=r"."):
        _native.block_sums(*arguments.values())


@given(st.tuples(st.integers(1, 20), st.integers(1, 20)), st.integers(0, 2**32 - 1))
def test_the_soft_rows_are_those_with_a_value_between(shape, seed):
    alpha = np.random.default_rng(seed).choice(np.array([0, 255, 255, 0, 255, 0, 0, 255, 0, 1, 254], np.uint8), shape)
    rows = np.flatnonzero(((alpha > 0) & (alpha < 255)).any(axis=1))
    first, last = _native.soft_rows(alpha)
    assert (first, last) == (rows[0], rows[-1] + 1) if rows.size else first == last


@pytest.mark.parametrize(
    "wrong",
    [
        {"sums": np.zeros((6, 4, 5), np.float32)},
        {"counts": np.zeros((5, 4), np.float32)},
        {"means": np.zeros((4, 5, 6), np.float32)},
        {"coarse": 0},
        {"reach": -1},
        {"threads": 17},
    ],
    ids=str,
)
def test_blocks_that_do_not_fit_are_refused(wrong):
    arguments = {
        "sums": np.zeros((7, 4, 5), np.float32),
        "counts": np.ones((4, 5), np.float32),
        "means": np.zeros((4, 5, 8), np.float32),
        "coarse": 8,
        "reach": 3,
        "threads": 1,
    } | wrong
    with pytest.raises(ValueError, match=r"."):
        _native.layer_means(*arguments.values())
