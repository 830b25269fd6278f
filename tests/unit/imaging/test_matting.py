"""Alpha on the unknown band: nearer the truth than the mask it started from, exact without a prior, sensible wherever nothing is known."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from skimage import data

from cutout.domain.removal import MattingThresholds
from cutout.imaging.matting import estimate_alpha, estimate_exactly
from cutout.imaging.trimap import make_trimap
from tests.unit.imaging.pictures import four, in_bytes

REMBG_PYTHON = Path(__file__).parents[3] / ".venv-rembg/bin/python"
PYMATTING = """
import sys, numpy as np
from pymatting import cf_laplacian
from scipy.sparse import diags
case = np.load(sys.argv[1])
rgb, trimap = case["rgb"] / 255.0, case["trimap"].astype(float)
known = ((trimap == 0) | (trimap == 255)).ravel()
import scipy.sparse.linalg as linalg
system = cf_laplacian(rgb, epsilon=1e-7) + diags(100.0 * known)
alpha = linalg.spsolve(system.tocsc(), 100.0 * known * trimap.ravel() / 255).reshape(trimap.shape)
np.save(sys.argv[2], np.clip(alpha, 0, 1))
"""


def picture(array, height, width):
    return np.asarray(Image.fromarray(array).resize((width, height), Image.Resampling.LANCZOS)).astype(float)


def outline(height, width, softness):
    """A wavy disc's alpha, its edge so many pixels wide."""
    y, x = np.mgrid[:height, :width].astype(float)
    y, x = y - height / 2, x - width / 2
    radius = min(height, width) * 0.3 * (1 + 0.12 * np.sin(7 * np.arctan2(y, x)))
    return np.clip((radius - np.hypot(y, x)) / softness + 0.5, 0, 1)


def strands(height, width):
    """The disc with hair: a comb of strands some pixels wide, half transparent, across its upper edge."""
    y, x = np.mgrid[:height, :width].astype(float)
    hair = np.clip(1.2 - np.abs((x + 0.3 * y) % 14 - 7) / 2, 0, 1) * (
        np.hypot(y - height / 2, x - width / 2) < 0.42 * min(height, width)
    )
    return np.maximum(outline(height, width, 2), 0.8 * hair * (y < height / 2))


def spokes(height, width):
    """A wheel's alpha: a rim, a hub, and thin spokes that a network's cells can't tell from what is seen between them."""
    y, x = np.mgrid[:height, :width].astype(float)
    y, x = y - height / 2, x - width / 2
    radius, size = np.hypot(y, x), min(height, width)
    across = radius * np.abs((np.arctan2(y, x) * 20 / np.pi) % 2 - 1) * np.pi / 20
    solid = np.maximum(size * 0.12 - radius, size * 0.03 - np.abs(radius - size * 0.42))
    inside = np.minimum(1.5 - across, size * 0.42 - radius)
    return np.clip(np.maximum(solid, inside) + 0.5, 0, 1)


def composed(alpha, seed=0):
    """A cat over a cup of coffee, as a sensor sees it."""
    front, back = picture(data.chelsea(), *alpha.shape), picture(data.coffee(), *alpha.shape)
    noise = np.random.default_rng(seed).normal(0, 2.5, front.shape)
    mixed = alpha[..., None] * front + (1 - alpha[..., None]) * back + noise
    return four(np.clip(mixed + 0.5, 0, 255).astype(np.uint8))


def network_mask(alpha, cells=320):
    """What a network leaves of it: coarse cells, every edge equally soft, and half a cell off."""
    height, width = alpha.shape
    small = Image.fromarray(np.roll(alpha * 255, width // cells // 2 + 1, axis=1).astype(np.uint8)).resize(
        (cells, cells), Image.Resampling.BOX
    )
    coarse = small.resize((cells // 3, cells // 3), Image.Resampling.BOX).resize((width, height), Image.Resampling.BICUBIC)
    return in_bytes(np.clip(np.asarray(coarse) / 255 * 2 - 0.5, 0, 1))


@pytest.mark.parametrize(("height", "width"), [(450, 600), (600, 900), (1500, 2000)])
@pytest.mark.parametrize("shape", [lambda h, w: outline(h, w, 1.5), lambda h, w: outline(h, w, min(h, w) / 40), strands])
def test_alpha_is_nearer_the_truth_than_the_mask_on_hard_and_soft_edges_at_any_size(height, width, shape):
    truth = shape(height, width)
    mask = network_mask(truth)
    alpha = estimate_alpha(composed(truth), mask, make_trimap(mask, MattingThresholds()))
    assert np.abs(alpha / 255 - truth).mean() < np.abs(mask / 255 - truth).mean()


@pytest.mark.parametrize(("height", "width"), [(450, 600), (900, 1200)])
def test_gaps_that_the_network_took_for_subject_open_where_colours_tell_them_apart(height, width):
    truth = spokes(height, width)
    mask = network_mask(truth)
    front, back = np.array([170, 80, 40.0]), picture(data.coffee(), height, width)[..., :1] * np.array([0.4, 0.5, 0.7])
    noise = np.random.default_rng(0).normal(0, 5, (height, width, 3))
    mixed = truth[..., None] * front + (1 - truth[..., None]) * back + noise
    pixels = four(np.clip(mixed + 0.5, 0, 255).astype(np.uint8))
    alpha = estimate_alpha(pixels, mask, make_trimap(mask, MattingThresholds()))
    assert np.abs(alpha / 255 - truth).mean() < 0.5 * np.abs(mask / 255 - truth).mean()


def test_without_a_prior_alpha_is_the_exact_solution_as_pymatting_has_it(tmp_path):
    if not REMBG_PYTHON.exists():
        pytest.skip("NOT COMPARED WITH PYMATTING: there is no .venv-rembg; `make bench` or `make test` creates it")
    truth = outline(120, 160, 6)
    pixels, mask = composed(truth), network_mask(truth, 60)
    trimap = make_trimap(mask, MattingThresholds(erode_size=7))
    np.savez(tmp_path / "case.npz", rgb=pixels[..., :3], trimap=trimap)
    subprocess.run([REMBG_PYTHON, "-c", PYMATTING, tmp_path / "case.npz", tmp_path / "alpha.npy"], check=True)
    exact = np.load(tmp_path / "alpha.npy")
    assert np.abs(estimate_exactly(pixels, mask, trimap) - exact).max() < 1 / 255


def test_sure_pixels_keep_the_trimaps_value():
    truth = outline(200, 300, 5)
    mask = network_mask(truth)
    trimap = make_trimap(mask, MattingThresholds())
    alpha = estimate_alpha(composed(truth), mask, trimap)
    sure = trimap != 128
    assert np.array_equal(alpha[sure], trimap[sure])


def test_nothing_unknown_gives_the_trimap():
    trimap = in_bytes(outline(50, 60, 1e-9) > 0.5)
    assert np.array_equal(estimate_alpha(composed(trimap / 255), trimap, trimap), trimap)


def test_the_same_picture_gives_the_same_alpha_on_one_thread_and_on_two():
    truth = strands(300, 400)
    mask = network_mask(truth)
    case = composed(truth), mask, make_trimap(mask, MattingThresholds())
    assert np.abs(estimate_alpha(*case, threads=1).astype(int) - estimate_alpha(*case, threads=2)).max() <= 1


@pytest.mark.parametrize("value", [51, 128, 255])
def test_a_picture_of_one_colour_with_nothing_sure_keeps_its_mask(value):
    mask = np.full((30, 40), value, np.uint8)
    alpha = estimate_alpha(np.full((30, 40, 4), 77, np.uint8), mask, np.full_like(mask, 128))
    assert np.abs(alpha.astype(int) - mask).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (9, 1), (2, 2), (1, 20000), (20000, 1), (3, 3)])
def test_pictures_too_small_for_a_window_keep_their_mask(shape):
    rng = np.random.default_rng(0)
    pixels, mask = rng.integers(0, 256, (*shape, 4), np.uint8), np.full(shape, 64, np.uint8)
    trimap = np.full(shape, 128, np.uint8)
    assert np.abs(estimate_alpha(pixels, mask, trimap).astype(int) - 64).max() <= 1
    assert np.abs(estimate_exactly(pixels, mask, trimap) * 255 - 64).max() < 1


@st.composite
def cases(draw):
    shape = draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    pixels = draw(arrays.arrays(np.uint8, (*shape, 4), elements=st.integers(0, 255)))
    mask = draw(arrays.arrays(np.uint8, shape))
    trimap = draw(arrays.arrays(np.uint8, shape, elements=st.sampled_from([0, 128, 255])))
    return pixels, mask, trimap


@given(cases())
def test_whatever_comes_in_there_is_an_alpha_that_keeps_what_is_sure(case):
    _, mask, trimap = case
    alpha, exact = estimate_alpha(*case), estimate_exactly(*case)
    assert alpha.dtype == np.uint8
    assert alpha.shape == exact.shape == mask.shape
    assert ((exact >= 0) & (exact <= 1)).all()
    sure = trimap != 128
    assert np.array_equal(alpha[sure], trimap[sure])
    assert np.array_equal(exact[sure], trimap[sure] / np.float32(255))
