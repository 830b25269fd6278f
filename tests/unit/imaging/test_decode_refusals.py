"""What isn't a whole, still picture within the limits is refused with one typed error, before it costs anything."""

import struct
import tracemalloc
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image as Pillow

from cutout.domain.errors import ImageTooLarge, InvalidInputImage
from cutout.domain.removal import InputLimits
from cutout.imaging.decode import decode, inspect
from tests.unit.imaging.pictures import GREY, RGB, chunk, gradient, png, png_header, saved

LIMITS = InputLimits()
SIGNATURE = b"\x89PNG\r\n\x1a\n"
NOISE = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
FILES = {
    "png": saved(NOISE),
    "interlaced png": saved(gradient()),
    "jpeg": saved(NOISE, "JPEG"),
    "progressive jpeg": saved(NOISE, "JPEG", progressive=True),
    "lossy webp": saved(NOISE, "WEBP"),
    "lossless webp": saved(NOISE, "WEBP", lossless=True),
    "webp with alpha": saved(np.dstack((NOISE, NOISE[..., 0])), "WEBP"),
}


def refusal(source, error=InvalidInputImage, limits=LIMITS):
    """Decoding and inspecting agree; returns the error."""
    with pytest.raises(error) as decoding:
        decode(source, limits)
    assert decoding.value.parameter == "inputImage"
    return decoding.value


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_anywhere_is_refused(name):
    source = FILES[name]
    for length in (*range(64), *range(64, len(source), max(1, len(source) // 150)), len(source) - 1):
        refusal(source[:length])


@pytest.mark.parametrize("name", FILES)
def test_the_whole_file_is_accepted(name):
    assert decode(FILES[name], LIMITS).rgb.size


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_byte_gives_a_picture_or_the_typed_error(name):
    generator = np.random.default_rng(1)
    for _ in range(150):
        damaged = bytearray(FILES[name])
        damaged[generator.integers(len(damaged))] ^= int(generator.integers(1, 256))
        with suppress(InvalidInputImage, ImageTooLarge):
            assert decode(bytes(damaged), LIMITS).rgb.dtype == np.uint8


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (b"", "is empty"),
        (b"GIF89a", "looks like GIF"),
        (b"BM\0\0", "looks like BMP"),
        (b"II*\0", "looks like TIFF"),
        (b"\0\0\0\x1cftypavif", "looks like AVIF"),
        (b"\0\0\0\x1cftypheic", "looks like HEIC"),
        (b"<svg xmlns", "looks like SVG or HTML"),
        (b"%PDF-1.7", "looks like PDF"),
        (b"\x01\x02\x03", "is of an unknown kind"),
    ],
)
def test_another_kind_of_file_is_named_beside_what_is_accepted(source, found):
    error = refusal(source)
    assert found in error.message
    assert "PNG, JPEG and WEBP" in error.message
    assert error.allowed == ("PNG", "JPG", "WEBP")


@pytest.mark.parametrize("name", ["png", "lossless webp"])
def test_bytes_after_the_picture_change_nothing(name):
    polyglot = FILES[name] + b"PK\x03\x04<script>" * 1000
    assert np.array_equal(decode(polyglot, LIMITS).rgb, NOISE)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_too_many_pixels_are_refused_naming_the_limit_and_what_was_found(kind):
    source = saved(np.zeros((30, 40, 3), np.uint8), kind)
    error = refusal(source, ImageTooLarge, InputLimits(max_pixels=1_199))
    assert "40 x 30 = 1,200 pixels" in error.message
    assert "1,199" in error.message
    assert error.maximum == 1_199


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_exactly_as_many_pixels_as_the_limit_are_accepted(kind):
    source = saved(np.zeros((30, 40, 3), np.uint8), kind)
    assert decode(source, InputLimits(max_pixels=1_200)).rgb.shape == (30, 40, 3)


def test_too_many_bytes_are_refused_naming_the_limit_and_what_was_found():
    error = refusal(b"\0" * 1001, ImageTooLarge, InputLimits(max_bytes=1000))
    assert "1,001 bytes" in error.message
    assert error.maximum == 1000


def vp8x(width, height, *chunks):
    body = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    content = b"WEBP" + body + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def test_a_bomb_is_refused_by_its_header_in_little_memory():
    side = 16_000
    rows = zlib.compress(bytes((side * 3 + 1) * 1000))
    png_bomb = SIGNATURE + png_header(side, side) + chunk(b"IDAT", rows * 16) + chunk(b"IEND", b"")
    jpeg = saved(np.zeros((8, 8, 3), np.uint8), "JPEG")
    frame = jpeg.index(b"\xff\xc0")
    jpeg_bomb = jpeg[: frame + 5] + struct.pack(">HH", 65_000, 65_000) + jpeg[frame + 9 :]
    webp_bomb = vp8x(2**14, 2**14, b"ANMF" + struct.pack("<I", 16) + bytes(16))

    tracemalloc.start()
    for bomb in (png_bomb, jpeg_bomb, webp_bomb):
        refusal(bomb, ImageTooLarge)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * len(png_bomb) + 2_000_000


def test_an_animated_webp_is_refused_saying_so():
    frames = [Pillow.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (0, 100, 200)]
    error = refusal(saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]))
    assert "animation of 3 frames" in error.message


def test_an_animated_png_is_refused_saying_so():
    frames = [Pillow.fromarray(np.full((8, 8, 3), level, np.uint8)) for level in (0, 100)]
    error = refusal(saved(frames[0], "PNG", save_all=True, append_images=frames[1:]))
    assert "animation of 2 frames" in error.message


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND"])
def test_a_png_whose_critical_chunk_fails_its_checksum_is_refused(kind):
    source = bytearray(FILES["png"])
    at = source.index(kind)
    length = int.from_bytes(source[at - 4 : at])
    source[at + 4 + length] ^= 1
    assert "checksum" in refusal(bytes(source)).message


def test_a_png_without_pixels_is_refused():
    assert "no picture" in refusal(SIGNATURE + png_header(4, 4) + chunk(b"IEND", b"")).message


def test_a_png_that_begins_with_another_chunk_is_refused():
    refusal(SIGNATURE + chunk(b"tEXt", b"a\0b") + png_header(4, 4) + chunk(b"IEND", b""))


@pytest.mark.parametrize(("bits", "colour"), [(8, 1), (8, 9), (0, RGB), (99, RGB), (4, RGB)])
def test_a_png_of_an_impossible_kind_is_refused(bits, colour):
    refusal(SIGNATURE + png_header(4, 4, bits, colour) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b""))


@pytest.mark.parametrize("size", [(0, 4), (4, 0)])
def test_a_png_of_no_pixels_is_refused(size):
    refusal(SIGNATURE + png_header(*size) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))


@pytest.mark.parametrize("damage", [lambda stream: stream[: len(stream) // 2], lambda stream: stream[:-8] + bytes(8)])
def test_a_png_whose_compressed_data_is_cut_short_or_wrong_is_refused_even_if_its_checksums_are_right(damage):
    rows = zlib.compress(b"".join(b"\0" + row.tobytes() for row in NOISE))
    refusal(SIGNATURE + png_header(60, 40) + chunk(b"IDAT", damage(rows)) + chunk(b"IEND", b""))


def test_a_png_of_a_million_empty_chunks_is_refused_unread():
    assert "chunks" in refusal(SIGNATURE + png_header(4, 4) + chunk(b"IDAT", b"") * 1_000_000).message


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_compressed_metadata_is_not_inflated_beyond_a_bound(kind):
    bomb = zlib.compress(bytes(200_000_000))
    body = {b"zTXt": b"k\0\0" + bomb, b"iTXt": b"k\0\1\0\0\0" + bomb, b"iCCP": b"k\0\0" + bomb}[kind]
    source = png(gradient(), RGB, chunk(kind, body))
    tracemalloc.start()
    image = decode(source, LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.array_equal(image.rgb, gradient())
    assert peak < 20_000_000


def test_an_exif_directory_that_points_at_the_same_megabytes_again_and_again_costs_nothing():
    entries = b"".join(struct.pack(">HHII", tag, 7, 1_000_000, 8) for tag in range(1, 60_000) if tag != 0x0112)
    directory = b"MM\0*" + struct.pack(">IH", 8, len(entries) // 12) + entries + bytes(1_000_000)
    tracemalloc.start()
    decode(png(gradient(), RGB, chunk(b"eXIf", directory)), LIMITS)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_jpeg_of_more_scans_than_a_picture_needs_is_refused():
    source = saved(np.zeros((8, 8), np.uint8), "JPEG", progressive=True)
    first = source.index(b"\xff\xda")
    refinement = b"\xff\xda\x00\x08\x01\x01\x00\x01\x01\x00\x00"
    assert "scans" in refusal(source[:first] + refinement * 200 + source[first:]).message


def test_a_jpeg_of_a_million_segments_is_refused_unread():
    jpeg = FILES["jpeg"]
    assert "segments" in refusal(jpeg[:2] + b"\xff\xfe\x00\x02" * 1_000_000 + jpeg[2:]).message


def test_a_jpeg_with_two_frame_headers_is_refused():
    jpeg = FILES["jpeg"]
    at = jpeg.index(b"\xff\xc0")
    frame = jpeg[at : at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])]
    assert "one frame header" in refusal(jpeg[:at] + frame + jpeg[at:]).message


@pytest.mark.parametrize("marker", [0xC3, 0xC5, 0xCF])
def test_a_lossless_or_hierarchical_jpeg_is_refused_saying_so(marker):
    assert "aren't supported" in refusal(FILES["jpeg"].replace(b"\xff\xc0", bytes([0xFF, marker]))).message


def test_a_12_bit_jpeg_is_refused_saying_so():
    jpeg = bytearray(FILES["jpeg"])
    jpeg[jpeg.index(b"\xff\xc0") + 4] = 12
    assert "12-bit" in refusal(bytes(jpeg)).message


def test_a_webp_whose_canvas_is_not_its_pictures_size_is_refused():
    picture = FILES["lossy webp"][12:]
    assert "contradicts itself" in refusal(vp8x(61, 40, picture)).message


def test_a_webp_of_a_million_empty_chunks_is_refused_unread():
    assert "chunks" in refusal(vp8x(8, 8, b"JUNK\0\0\0\0" * 1_000_000)).message


def test_no_message_carries_the_librarys_own_words():
    for name in FILES:
        error = refusal(FILES[name][: len(FILES[name]) // 2])
        assert error.message.startswith("The input image is damaged: ")
        assert error.message.endswith("Send a complete PNG, JPEG or WEBP.")


def test_inspecting_refuses_by_the_header_too():
    with pytest.raises(ImageTooLarge):
        inspect(SIGNATURE + png_header(100_000, 100_000, 8, GREY) + chunk(b"IDAT", b"") + chunk(b"IEND", b""), LIMITS)
