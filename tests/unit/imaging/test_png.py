"""The PNG encoder: any picture comes back as it was, from any decoder, by the filters that were meant."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutout.imaging import _native
from tests.unit.imaging.pictures import four, loaded, saved

COLOUR_TYPE = {1: 0, 3: 2, 4: 6}
SIDES = ((1, 1), (1, 2), (2, 1), (3, 5), (16, 16), (33, 31), (1, 20_000), (20_000, 1), (7, 3000), (300, 200))
NONE, SUB, UP, PAETH = 0, 1, 2, 4


def encode(picture, *, smaller=False, threads=2):
    """(h, w, 3) is given as the encoder takes it, with a fourth byte that is to be left out."""
    opaque = picture.shape[2] == 3
    return _native.encode_png(np.ascontiguousarray(four(picture) if opaque else picture), opaque, smaller, threads)


both_settings = pytest.mark.parametrize("smaller", [False, True], ids=["fast", "smaller"])


def chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each chunk's type and body, its CRC checked."""
    assert file.startswith(b"\x89PNG\r\n\x1a\n")
    at = 8
    while at < len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        body, (crc,) = file[at + 8 : at + 8 + length], struct.unpack_from(">I", file, at + 8 + length)
        assert zlib.crc32(kind + body) == crc
        yield kind, body
        at += 12 + length
    assert at == len(file)


def filtered_rows(file: bytes, picture) -> np.ndarray:
    """(h, 1 + bytes a row): each row's filter, then its residuals. zlib checks the Adler-32."""
    stream = b"".join(body for kind, body in chunks(file) if kind == b"IDAT")
    return np.frombuffer(zlib.decompress(stream), np.uint8).reshape(picture.shape[0], -1)


def residuals(picture) -> dict[int, np.ndarray]:
    """What each filter leaves of every row, by the standard's definition (ISO/IEC 15948, section 9.2)."""
    height, width, channels = picture.shape
    padded = np.zeros((height + 1, width + 1, channels), int)
    padded[1:, 1:] = picture
    left, above, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    first_guess = left + above - corner
    far = [abs(first_guess - value) for value in (left, above, corner)]
    paeth = np.select([(far[0] <= far[1]) & (far[0] <= far[2]), far[1] <= far[2]], [left, above], corner)
    predictions = {NONE: 0 * left, SUB: left, UP: above, PAETH: paeth}
    return {kind: (picture - value).astype(np.uint8).reshape(height, -1) for kind, value in predictions.items()}


@st.composite
def pictures(draw):
    """Of noise, of few colours, of stripes and repeated tiles, smooth with a little noise: what takes each way through the encoder."""
    height, width = draw(st.sampled_from(SIDES))
    channels = draw(st.sampled_from((1, 3, 4)))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (height, width, channels)
    match draw(st.sampled_from(("noise", "few", "plain", "tiles", "smooth", "half"))):
        case "noise":
            picture = random.integers(0, 256, shape)
        case "few":
            picture = random.integers(0, draw(st.integers(2, 5)), shape) * 60
        case "plain":
            picture = np.full(shape, draw(st.integers(0, 255)))
        case "tiles":
            tile = random.integers(0, 256, (draw(st.integers(1, 9)), draw(st.integers(1, 40)), channels))
            picture = np.tile(tile, (-(-height // tile.shape[0]), -(-width // tile.shape[1]), 1))[:height, :width]
        case "smooth":
            ramp = np.linspace(0, 250, width)[None, :, None] * np.linspace(0.2, 1, height)[:, None, None]
            picture = ramp + random.normal(0, draw(st.floats(0, 3)), shape)
        case _:
            picture = random.integers(0, 256, shape)
            picture[height // 2 :] = 0
    return np.clip(picture, 0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=400)
@given(pictures(), st.booleans(), st.integers(1, 3))
def test_any_picture_comes_back_as_it_was(picture, smaller, threads):
    file = encode(picture, smaller=smaller, threads=threads)
    assert np.array_equal(np.asarray(loaded(file)).reshape(picture.shape), picture)


@settings(deadline=None)
@given(pictures())
def test_each_row_is_filtered_as_the_standard_defines_by_the_least_sum_of_magnitudes(picture):
    rows = filtered_rows(encode(picture), picture)
    left = residuals(picture)
    sums = {kind: np.minimum(row, 256 - row.astype(int)).sum(axis=1) for kind, row in left.items()}
    for y, (kind, *_) in enumerate(rows):
        assert np.array_equal(rows[y, 1:], left[kind][y])
        assert sums[kind][y] == min(of_kind[y] for of_kind in sums.values())


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_header_says_what_it_is(channels):
    kinds = dict(chunks(encode(np.zeros((3, 70_000, channels), np.uint8))))
    assert kinds[b"IHDR"] == struct.pack(">IIBBBBB", 70_000, 3, 8, COLOUR_TYPE[channels], 0, 0, 0)
    assert kinds[b"IEND"] == b""


@both_settings
def test_the_number_of_threads_leaves_the_file_as_it_is(smaller):
    picture = np.random.default_rng(3).integers(0, 9, (1500, 900, 4), dtype=np.uint8)
    one, *others = (encode(picture, smaller=smaller, threads=threads) for threads in (1, 2, 16))
    assert others == [one, one]
    assert np.array_equal(np.asarray(loaded(one)), picture)


def test_a_large_picture_is_split_into_chunks_of_bounded_size_in_order():
    picture = np.random.default_rng(4).integers(0, 256, (1000, 1000, 4), dtype=np.uint8)
    kinds = [kind for kind, _ in chunks(encode(picture))]
    assert kinds == [b"IHDR", *[b"IDAT"] * (len(kinds) - 2), b"IEND"]
    assert max(len(body) for _, body in chunks(encode(picture))) < 2**20 * 1.001


@both_settings
def test_pure_noise_grows_by_less_than_a_thousandth(smaller):
    picture = np.random.default_rng(5).integers(0, 256, (1000, 1000, 4), dtype=np.uint8)
    assert len(encode(picture, smaller=smaller)) < picture.size * 1.001


@both_settings
def test_a_plain_picture_is_near_the_least_that_deflate_can_do(smaller):
    # Of 258 bytes, each in two bits.
    picture = np.full((2000, 3000, 4), 200, np.uint8)
    assert len(encode(picture, smaller=smaller)) < 1.4 * picture.size / 258 * 2 / 8


def photograph():
    """(800, 1000, 4): a subject with sensor noise, of 60 % of the picture, as a camera's JPEG keeps it, on nothing."""
    down, across = np.mgrid[:800, :1000]
    colour = np.stack([128 + 90 * np.sin(across / rate + down / 90) for rate in (50, 80, 130)], axis=-1)
    colour += np.random.default_rng(8).normal(0, 2.5, colour.shape)
    seen = np.asarray(loaded(saved(colour.astype(np.uint8), "JPEG", quality=92)))
    inside = np.hypot((across - 500) / 500, (down - 400) / 400) < 0.87
    return np.where(inside[..., None], np.dstack((seen, np.full((800, 1000), 255))), (255, 255, 255, 0)).astype(np.uint8)


def test_on_a_photograph_the_sizes_are_near_to_and_below_pillows():
    pillows = len(saved(photograph()))
    fast, smaller = (len(encode(photograph(), smaller=smaller)) for smaller in (False, True))
    assert smaller < fast < 1.06 * pillows
    assert smaller < pillows


@both_settings
@pytest.mark.parametrize("distance", [1, 2, 4, 5, 300, 24_577, 32_768, 32_769])
@pytest.mark.parametrize("length", [7, 10, 11, 18, 19, 114, 115, 257, 258, 259, 260, 261, 516, 517, 518, 700])
def test_every_length_and_distance_of_a_repeat_is_written_right(smaller, distance, length):
    # The filter of a picture of one row that begins with noise is None or Sub; either way what repeats in it repeats in the residuals.
    row = np.random.default_rng(distance * 1000 + length).integers(0, 256, distance + length + 50)
    row[distance : distance + length] = np.resize(row[:distance], length)
    picture = row.astype(np.uint8).reshape(1, -1, 1)
    assert np.array_equal(np.asarray(loaded(encode(picture, smaller=smaller))), picture[..., 0])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=250), st.integers(0, 2**32), st.booleans())
def test_bytes_of_any_skewed_distribution_come_back(weights, seed, smaller):
    weights = np.array(weights) ** 12 + 1e-9
    values = np.random.default_rng(seed).choice(len(weights), (5, 30_000, 1), p=weights / weights.sum())
    picture = values.astype(np.uint8)
    assert np.array_equal(np.asarray(loaded(encode(picture, smaller=smaller))), picture[..., 0])


@both_settings
def test_codes_that_would_be_too_long_are_kept_within_their_limit(smaller):
    # Fibonacci frequencies make Huffman's tree as deep as it can be.
    frequencies = [1, 1]
    while sum(frequencies) < 60_000:
        frequencies.append(frequencies[-1] + frequencies[-2])
    row = np.random.default_rng(6).permutation(np.repeat(np.arange(len(frequencies)) * 9 % 256, frequencies))
    picture = row.astype(np.uint8).reshape(1, -1, 1)
    assert np.array_equal(np.asarray(loaded(encode(picture, smaller=smaller))), picture[..., 0])


@pytest.mark.parametrize(
    ("picture", "threads"),
    [
        (np.zeros((0, 5, 4), np.uint8), 1),
        (np.zeros((5, 0, 4), np.uint8), 1),
        (np.zeros((5, 5, 2), np.uint8), 1),
        (np.zeros((5, 5, 3), np.uint8), 1),
        (np.zeros((5, 5), np.uint8), 1),
        (np.zeros((5, 5, 4), np.float32), 1),
        (np.zeros((5, 5, 4), np.uint8)[:, ::2], 1),
        (np.zeros((5, 5, 4), np.uint8), 0),
        (np.zeros((5, 5, 4), np.uint8), 17),
    ],
)
def test_what_is_no_picture_is_refused(picture, threads):
    with pytest.raises(ValueError, match=r"picture|threads"):
        _native.encode_png(picture, 0, 0, threads)
