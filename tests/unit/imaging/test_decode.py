"""Whatever the file's kind, the same picture comes out."""

import gc

import numpy as np
import pytest
from PIL import Image as Pillow

from cutout.domain.removal import ImageFormat, InputLimits
from cutout.imaging import _native
from cutout.imaging.decode import decode, inspect
from tests.unit.imaging.pictures import GREY, GREY_ALPHA, PALETTE, RGB, RGB_ALPHA, chunk, exif, gradient, png, saved

LIMITS = InputLimits()
PICTURE = gradient()
GREYS = PICTURE[..., 0]
HALF = np.full(GREYS.shape, 128, np.uint8)


def as_grey_rgb(grey):
    return np.repeat(grey[..., None], 3, axis=-1)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_lossless_file_gives_its_own_pixels(kind):
    image = decode(saved(PICTURE, kind, lossless=True), LIMITS)
    assert np.array_equal(image.rgb, PICTURE)
    assert image.alpha is None


def test_a_jpeg_gives_its_pixels_within_its_own_loss():
    image = decode(saved(PICTURE, "JPEG", quality=98, subsampling=0), LIMITS)
    assert np.abs(image.rgb.astype(int) - PICTURE).mean() < 2


@pytest.mark.parametrize(
    ("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 100}), ("JPEG", {"progressive": True, "quality": 100})]
)
def test_grey_becomes_three_equal_channels(kind, options):
    image = decode(saved(GREYS, kind, **options), LIMITS)
    assert np.abs(image.rgb.astype(int) - as_grey_rgb(GREYS)).max() <= 2
    assert np.array_equal(image.rgb[..., 0], image.rgb[..., 2])


def test_one_bit_becomes_black_and_white():
    image = decode(saved(Pillow.fromarray(GREYS > 100)), LIMITS)
    assert np.array_equal(image.rgb, as_grey_rgb(np.where(GREYS > 100, 255, 0)))


@pytest.mark.parametrize("bits", [2, 4])
def test_few_bits_reach_full_white(bits):
    assert (decode(png(np.full((4, bits), 0xFF, np.uint8), GREY, bits=bits, width=8), LIMITS).rgb == 255).all()


def test_a_palette_becomes_its_colours():
    image = decode(saved(Pillow.fromarray(PICTURE).quantize(256)), LIMITS)
    assert np.array_equal(image.rgb, np.asarray(Pillow.fromarray(PICTURE).quantize(256).convert("RGB")))


def test_a_palettes_transparency_becomes_alpha():
    colours = chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0, 0, 0, 255]))
    indices = np.array([[0, 1, 2]], np.uint8)
    image = decode(png(indices, PALETTE, colours, chunk(b"tRNS", bytes([0, 128]))), LIMITS)
    assert image.rgb.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    assert image.alpha.tolist() == [[0, 128, 255]]


@pytest.mark.parametrize(
    ("samples", "colour", "transparent", "alpha"),
    [
        (np.array([[10, 20]], np.uint8), GREY, bytes([0, 20]), [[255, 0]]),
        (np.array([[[1, 2, 3], [1, 2, 4]]], np.uint8), RGB, bytes([0, 1, 0, 2, 0, 3]), [[0, 255]]),
        (np.array([[1000, 1001]], ">u2"), GREY, (1001).to_bytes(2), [[255, 0]]),
        (
            np.array([[[1000, 2000, 3000], [9000, 9000, 9000]]], ">u2"),
            RGB,
            np.array([1000, 2000, 3000], ">u2").tobytes(),
            [[0, 255]],
        ),
    ],
    ids=["grey", "rgb", "16-bit grey", "16-bit rgb"],
)
def test_the_one_transparent_colour_of_a_png_becomes_alpha(samples, colour, transparent, alpha):
    assert decode(png(samples, colour, chunk(b"tRNS", transparent)), LIMITS).alpha.tolist() == alpha


def test_the_transparent_colour_of_a_one_bit_png_becomes_alpha():
    source = png(np.array([[0b10100000]], np.uint8), GREY, chunk(b"tRNS", bytes([0, 0])), bits=1, width=4)
    assert decode(source, LIMITS).alpha.tolist() == [[255, 0, 255, 0]]


@pytest.mark.parametrize(("colour", "channels"), [(GREY, 1), (GREY_ALPHA, 2), (RGB, 3), (RGB_ALPHA, 4)])
def test_16_bits_are_scaled_and_not_clipped(colour, channels):
    ramp = np.linspace(0, 65535, 64).astype(">u2")
    image = decode(png(np.repeat(ramp[None, :, None], channels, axis=-1), colour), LIMITS)
    expected = ramp.astype(float) / 257
    assert np.abs(image.rgb[0, :, 0] - expected).max() <= 1
    assert image.rgb[0, -1, 0] == 255
    if channels in (2, 4):
        assert np.abs(image.alpha[0] - expected).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_alpha_is_kept_straight(kind):
    image = decode(saved(np.dstack((PICTURE, HALF)), kind, lossless=True, exact=True), LIMITS)
    assert np.array_equal(image.rgb, PICTURE)
    assert image.alpha.dtype == np.uint8
    assert (image.alpha == 128).all()


def test_grey_with_alpha_keeps_its_alpha():
    image = decode(saved(Pillow.merge("LA", (Pillow.fromarray(GREYS), Pillow.fromarray(HALF)))), LIMITS)
    assert np.array_equal(image.rgb, as_grey_rgb(GREYS))
    assert (image.alpha == 128).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_alpha_that_is_opaque_throughout_is_no_alpha(kind):
    assert decode(saved(np.dstack((PICTURE, np.full_like(HALF, 255))), kind, lossless=True), LIMITS).alpha is None


def test_cmyk_is_read_the_way_adobe_writes_it():
    cmyk = Pillow.fromarray(PICTURE).convert("CMYK")
    image = decode(saved(cmyk, "JPEG", quality=98, subsampling=0), LIMITS)
    assert np.abs(image.rgb.astype(int) - PICTURE).mean() < 2


def turned_by_tag(picture, orientation):
    """The stored pixels that a viewer shows as `picture` when the tag says `orientation`."""
    undo = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }
    return np.ascontiguousarray(undo[orientation](picture))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_picture_comes_out_upright(kind, orientation):
    stored = turned_by_tag(np.dstack((PICTURE, PICTURE[..., 1])), orientation)
    image = decode(saved(stored, kind, lossless=True, exact=True, exif=b"Exif\0\0" + exif(orientation)), LIMITS)
    assert np.array_equal(image.rgb, PICTURE)
    assert np.array_equal(image.alpha, PICTURE[..., 1])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_jpeg_comes_out_upright(orientation):
    stored = turned_by_tag(PICTURE, orientation)
    image = decode(saved(stored, "JPEG", quality=98, subsampling=0, exif=b"Exif\0\0" + exif(orientation)), LIMITS)
    assert np.abs(image.rgb.astype(int) - PICTURE).mean() < 2


def test_a_jpegs_later_pictures_are_left_out():
    burst = saved(PICTURE, "MPO", save_all=True, append_images=[Pillow.fromarray(255 - PICTURE)], quality=98, subsampling=0)
    assert np.abs(decode(burst, LIMITS).rgb.astype(int) - PICTURE).mean() < 2


@pytest.mark.parametrize("control", [bytes([0, 0, 0, 1, 0, 0, 0, 0]), bytes(8), bytes([0x80, 0, 0, 0, 0, 0, 0, 0]), b"x"])
def test_an_animation_of_one_frame_or_an_impossible_number_is_a_still_picture(control):
    source = png(PICTURE, RGB, chunk(b"acTL", control))
    assert np.array_equal(decode(source, LIMITS).rgb, PICTURE)


@pytest.mark.parametrize("shape", [(1, 1), (1, 20_000), (20_000, 1)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_any_shape_is_decoded(kind, shape):
    assert decode(saved(np.zeros((*shape, 3), np.uint8), kind), LIMITS).rgb.shape == (*shape, 3)


@pytest.mark.parametrize(("kind", "format_"), [("PNG", ImageFormat.PNG), ("JPEG", ImageFormat.JPG), ("WEBP", ImageFormat.WEBP)])
@pytest.mark.parametrize(("orientation", "size"), [(1, (24, 16)), (6, (16, 24))])
def test_the_header_alone_tells_format_and_upright_size(kind, format_, orientation, size):
    source = saved(PICTURE, kind, exif=b"Exif\0\0" + exif(orientation))
    assert inspect(source, LIMITS) == (format_, *size)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("channels", [3, 4])
def test_every_kind_of_webp_header_tells_the_size(lossless, channels):
    picture = np.dstack((PICTURE, HALF))[..., :channels]
    assert inspect(saved(picture, "WEBP", lossless=lossless), LIMITS) == (ImageFormat.WEBP, 24, 16)


def test_pixels_may_be_written_to_and_outlive_the_decoder():
    first, second = (decode(saved(PICTURE, "JPEG", quality=100), LIMITS) for _ in range(2))
    first.pixels[...] = 7
    del first
    gc.collect()
    assert np.abs(second.rgb.astype(int) - PICTURE).mean() < 2


@pytest.mark.parametrize(("mode", "count"), [("L", 24), ("RGB", 23), ("RGB", 25)])
def test_only_pixels_of_four_bytes_are_shared(mode, count):
    _schema, array = Pillow.new(mode, (6, 4)).__arrow_c_array__()
    with pytest.raises(ValueError, match=r"4 bytes"):
        _native.share_pixels(array, count)


def test_only_an_arrow_array_is_shared():
    schema, _array = Pillow.new("RGB", (6, 4)).__arrow_c_array__()
    with pytest.raises(ValueError, match=r"arrow_array"):
        _native.share_pixels(schema, 24)
