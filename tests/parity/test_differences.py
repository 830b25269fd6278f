"""Where we differ from rembg on purpose, so that nobody takes it for an accident. docs/models.md gives the reasons."""

import numpy as np
import pytest

from tests.parity.conftest import SUBJECTS, read

MODEL = "u2netp"


def test_in_a_lawn_rembg_finds_a_subject_and_we_find_none(cut_out, reference, special_pictures):
    assert reference(MODEL)["grass.png"][..., 3].max() == 255
    assert cut_out(MODEL, special_pictures["grass.png"]).alpha.max() == 0


def test_rembg_ignores_a_colour_profile_and_we_show_the_network_the_true_colours(cut_out, reference, special_pictures):
    mask = cut_out("u2net", special_pictures["rocket.jpg"]).alpha
    rembgs = reference("u2net")
    assert np.abs(mask.astype(int) - rembgs["rocket.jpg"][..., 3]).mean() > 1
    assert np.abs(mask.astype(int) - rembgs["rocket_in_srgb.png"][..., 3]).mean() < 1


def test_colour_that_nobody_sees_changes_rembgs_mask_and_not_ours(cut_out, reference, special_pictures):
    rembgs = reference(MODEL)
    assert np.abs(rembgs["hidden_black.png"][..., 3] - rembgs["hidden_red.png"][..., 3].astype(float)).max() > 10
    masks = [cut_out(MODEL, special_pictures[name]).alpha for name in ("hidden_black.png", "hidden_red.png")]
    np.testing.assert_array_equal(*masks)
    assert masks[0].any()


@pytest.mark.parametrize("picture", ["astronaut.png", "flower.jpg"])
def test_rembg_darkens_the_colour_of_soft_edges_and_we_keep_it_straight(picture, cut_out, reference):
    original = read(SUBJECTS[picture]).rgb
    ours, rembgs = cut_out(MODEL, SUBJECTS[picture]), reference(MODEL)[picture]
    soft = (rembgs[..., 3] > 64) & (rembgs[..., 3] < 192)
    assert rembgs[soft][:, :3].mean() < 0.7 * original[soft].mean()
    assert ours.foreground[soft][:, :3].mean() > 0.8 * original[soft].mean()
