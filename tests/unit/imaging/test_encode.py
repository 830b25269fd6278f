"""What is written can be read by others, and holds the picture alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cutout.domain.errors import InvalidParameter
from cutout.domain.removal import ImageFormat, InputLimits, OutputSettings
from cutout.imaging.decode import decode
from cutout.imaging.encode import check_fits
from cutout.imaging.encode import encode as encode_picture
from tests.unit.imaging.pictures import four, gradient, loaded


def encode(picture, output, **settings):
    """(h, w, 3) is given as the encoder takes it, with a fourth byte that is to be left out."""
    opaque = picture.ndim == 3 and picture.shape[2] == 3
    return encode_picture(np.ascontiguousarray(four(picture) if opaque else picture), output, opaque=opaque, **settings)


PICTURE = gradient()
RGBA = np.dstack((PICTURE, PICTURE[..., 0]))
pictures = st.integers(0, 2).flatmap(
    lambda extra: arrays(
        np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)).map(lambda size: size + ((), (3,), (4,))[extra])
    )
)


@settings(deadline=None)
@given(pictures)
def test_a_png_round_trips(picture):
    assert np.array_equal(np.asarray(loaded(encode(picture, OutputSettings(ImageFormat.PNG)))), picture)


def test_a_smaller_png_has_fewer_bytes_and_the_same_pixels():
    noisy = np.random.default_rng(0).choice(np.array([10, 80, 200], np.uint8), (150, 200, 3))
    fast, small = (encode(noisy, OutputSettings(ImageFormat.PNG), smaller_png=smaller) for smaller in (False, True))
    assert len(small) < len(fast)
    assert np.array_equal(np.asarray(loaded(small)), noisy)


@pytest.mark.parametrize("picture", [PICTURE, RGBA])
def test_our_own_decoder_reads_what_we_write(picture):
    image = decode(encode(picture, OutputSettings(ImageFormat.PNG)), InputLimits())
    assert np.array_equal(image.rgb, picture[..., :3])


@pytest.mark.parametrize(
    ("format_", "picture", "mode"),
    [
        (ImageFormat.PNG, PICTURE[..., 0], "L"),
        (ImageFormat.PNG, PICTURE, "RGB"),
        (ImageFormat.PNG, RGBA, "RGBA"),
        (ImageFormat.JPG, PICTURE[..., 0], "L"),
        (ImageFormat.JPG, PICTURE, "RGB"),
        (ImageFormat.WEBP, PICTURE, "RGB"),
        (ImageFormat.WEBP, RGBA, "RGBA"),
    ],
)
def test_each_format_keeps_the_kind_of_picture(format_, picture, mode):
    file = loaded(encode(picture, OutputSettings(format_, quality=95)))
    assert file.format == {"JPG": "JPEG"}.get(format_, format_)
    assert file.mode == mode
    assert np.abs(np.asarray(file).astype(int) - picture).mean() < 6


def test_a_grey_webp_is_grey():
    file = loaded(encode(PICTURE[..., 0], OutputSettings(ImageFormat.WEBP)))
    red, green, blue = np.moveaxis(np.asarray(file.convert("RGB")).astype(int), -1, 0)
    assert np.abs(red - green).max() <= 1
    assert np.abs(green - blue).max() <= 1
    assert np.abs(green - PICTURE[..., 0]).mean() < 3


def test_alpha_in_a_webp_is_exact():
    assert np.array_equal(np.asarray(loaded(encode(RGBA, OutputSettings(ImageFormat.WEBP, quality=20))))[..., 3], RGBA[..., 3])


@pytest.mark.parametrize("format_", [ImageFormat.JPG, ImageFormat.WEBP])
def test_a_higher_quality_is_nearer_and_larger(format_):
    noisy = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    low, high = (encode(noisy, OutputSettings(format_, quality)) for quality in (20, 99))
    error = [np.abs(np.asarray(loaded(file)).astype(int) - noisy).mean() for file in (low, high)]
    assert len(low) < len(high)
    assert error[0] > error[1]


@pytest.mark.parametrize("quality", [20, 95, 99])
def test_a_picture_of_pure_noise_is_written_however_large_the_file(quality):
    noise = np.random.default_rng(0).integers(0, 256, (1000, 1500, 3), dtype=np.uint8)
    assert loaded(encode(noise, OutputSettings(ImageFormat.JPG, quality))).size == (1500, 1000)


@pytest.mark.parametrize("format_", ImageFormat)
def test_no_metadata_is_written(format_):
    info = loaded(encode(PICTURE, OutputSettings(format_))).info
    assert not {"exif", "icc_profile", "xmp", "comment", "Software"} & info.keys()


@pytest.mark.parametrize(
    ("format_", "longest", "accepted"),
    [(ImageFormat.JPG, 65_500, ("PNG",)), (ImageFormat.WEBP, 16_383, ("PNG", "JPG"))],
)
def test_a_side_too_long_for_the_format_is_refused_naming_those_that_can(format_, longest, accepted):
    output = OutputSettings(format_)
    check_fits(1, longest, output)
    with pytest.raises(InvalidParameter) as refusal:
        check_fits(longest + 1, 1, output)
    assert refusal.value.code == "invalidOutputFormat"
    assert refusal.value.allowed == accepted


@pytest.mark.parametrize(("format_", "longest"), [(ImageFormat.JPG, 65_500), (ImageFormat.WEBP, 16_383)])
def test_the_longest_side_that_is_accepted_can_be_written(format_, longest):
    assert loaded(encode(np.zeros((1, longest, 3), np.uint8), OutputSettings(format_))).size == (longest, 1)
