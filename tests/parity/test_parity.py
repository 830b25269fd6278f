"""Where rembg is right, we agree with it."""

import numpy as np
import pytest

from cutout.domain.removal import Background
from cutout.imaging.composite import composite
from cutout.imaging.image import Cutout
from tests.parity.conftest import HASHED, SUBJECTS, read
from tests.parity.phash import phash

BLACK = Background(0, 0, 0, 1.0)
FIRST = next(iter(SUBJECTS))

pytestmark = [pytest.mark.parametrize("model", ["u2netp", "u2net"])]


@pytest.mark.parametrize("picture", SUBJECTS)
def test_our_mask_is_within_one_grey_level_of_rembgs(model, picture, cut_out, reference):
    mask = cut_out(model, SUBJECTS[picture]).alpha
    assert np.abs(mask.astype(int) - reference(model)[picture][..., 3]).mean() < 1


@pytest.mark.parametrize("picture", HASHED)
def test_our_cutout_over_black_has_the_perceptual_hash_of_rembgs(model, picture, cut_out, reference):
    # In the picture's own colours, as rembg's: that we clean the background's from soft edges is a difference of its own, held in test_differences.
    ours = composite(Cutout(read(SUBJECTS[picture]).pixels, cut_out(model, SUBJECTS[picture]).alpha), BLACK)[..., :3]
    # rembg's colour is already multiplied by its alpha: dropping the alpha puts it over black.
    rembgs = reference(model)[picture][..., :3]
    assert np.count_nonzero(phash(ours) != phash(rembgs)) == 0


def test_the_reference_engine_gives_rembgs_own_cutout_to_the_bit(model, reference):
    np.testing.assert_array_equal(reference(model)[f"adapted {FIRST}"], reference(model)[FIRST])
