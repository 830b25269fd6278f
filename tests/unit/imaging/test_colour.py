"""A file's colour profile decides what its numbers mean."""

import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from cutout.domain.removal import InputLimits
from cutout.imaging.colour import to_srgb
from cutout.imaging.decode import decode
from tests.unit.imaging import profiles
from tests.unit.imaging.pictures import gradient, saved

PICTURE = gradient()
SWAPPED = (profiles.SRGB_PRIMARIES[1], profiles.SRGB_PRIMARIES[0], profiles.SRGB_PRIMARIES[2])


def srgb_from_linear(linear):
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_the_profile_is_applied(kind):
    linear = profiles.rgb(exponent=1.0)
    image = decode(saved(PICTURE, kind, lossless=True, icc_profile=linear), InputLimits())
    assert np.abs(image.rgb - srgb_from_linear(PICTURE / 255)).max() < 2


def test_the_profile_of_a_jpeg_is_applied():
    source = saved(np.full((8, 8, 3), (230, 20, 20), np.uint8), "JPEG", quality=98, icc_profile=profiles.rgb(SWAPPED))
    red, green, _ = decode(source, InputLimits()).rgb[4, 4]
    assert green > 200
    assert red < 60


def test_a_profile_split_over_many_segments_is_put_together_again():
    large = profiles.rgb(SWAPPED) + bytes(150_000)
    source = saved(np.full((8, 8, 3), (230, 20, 20), np.uint8), "JPEG", quality=98, icc_profile=large)
    assert decode(source, InputLimits()).rgb[4, 4, 1] > 200


def test_alpha_is_left_alone_by_the_profile():
    half = np.full(PICTURE.shape[:2], 100, np.uint8)
    image = decode(saved(np.dstack((PICTURE, half)), icc_profile=profiles.rgb(exponent=1.0)), InputLimits())
    assert np.array_equal(image.alpha, half)


def test_a_grey_profile_is_applied_to_grey():
    source = saved(PICTURE[..., 0], icc_profile=profiles.grey(1.0))
    assert np.abs(decode(source, InputLimits()).rgb[..., 1] - srgb_from_linear(PICTURE[..., 0] / 255)).max() < 2


def test_an_rgb_profile_is_applied_to_grey():
    source = saved(PICTURE[..., 0], icc_profile=profiles.rgb(exponent=1.0))
    assert np.abs(decode(source, InputLimits()).rgb[..., 1] - srgb_from_linear(PICTURE[..., 0] / 255)).max() < 2


def test_a_cmyk_profile_is_applied_to_cmyk():
    inks = np.zeros((8, 8, 4), np.uint8)
    inks[..., 0] = 255
    cyan = Pillow.frombytes("CMYK", (8, 8), inks.tobytes())
    source = saved(cyan, "JPEG", quality=98, icc_profile=profiles.cmyk())
    assert decode(source, InputLimits()).rgb.min() > 250, "this profile knows no ink but black"


def test_srgbs_own_profile_changes_no_pixel():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.array_equal(decode(saved(PICTURE, icc_profile=srgb), InputLimits()).rgb, PICTURE)


@pytest.mark.parametrize(
    "broken",
    [b"x", b"\0" * 200, profiles.rgb()[:140], profiles.rgb()[:300], profiles.grey(1.0), profiles.cmyk()],
    ids=["a byte", "zeros", "header only", "cut short", "for grey", "for CMYK"],
)
def test_a_profile_that_cannot_be_used_is_ignored(broken):
    assert np.array_equal(decode(saved(PICTURE, icc_profile=broken), InputLimits()).rgb, PICTURE)


def test_without_a_profile_colour_is_taken_as_srgb():
    assert np.array_equal(np.asarray(to_srgb(Pillow.fromarray(PICTURE), None)), PICTURE)
