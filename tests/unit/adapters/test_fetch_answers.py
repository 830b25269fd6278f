"""Hosts that answer wrongly."""

import contextlib
import gzip

import pytest
from hypothesis import given, settings
from hypothesis.strategies import binary, lists, sampled_from

from cutout.domain.errors import CutoutError, FailedToTransferImage
from tests.unit.adapters.fetch_servers import (
    IMAGE,
    Internet,
    Server,
    get,
    ok,
    sized,
)


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 401, 403, 404, 410, 429, 500, 503])
def test_only_200_is_success(status):
    with (
        Server(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()) as server,
        pytest.raises(FailedToTransferImage, match=str(status)),
    ):
        get(Internet(server))


def test_a_chunked_body_is_put_together():
    with Server(ok(b"5\r\n\x89PNG \r\n4;x=y\r\nand \r\n0\r\nTrailer: x\r\n\r\n", "Transfer-Encoding: chunked")) as server:
        assert get(Internet(server)) == b"\x89PNG and "


def test_a_body_without_a_length_ends_with_the_connection():
    with Server(ok(IMAGE)) as server:
        assert get(Internet(server)) == IMAGE


@pytest.mark.parametrize(
    "answer",
    [
        ok(IMAGE, "Content-Length: 500"),
        ok(b"", "Content-Length: 500"),
        ok(b"", "Content-Length: 0"),
        ok(b""),
        ok(b"50\r\nshort", "Transfer-Encoding: chunked"),
        ok(b"5\r\nwhole\r\n", "Transfer-Encoding: chunked"),
        ok(b"-3\r\nwhole\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    ],
)
def test_a_body_that_is_empty_or_not_what_its_framing_says_is_an_error(answer):
    with Server(answer) as server, pytest.raises(FailedToTransferImage):
        get(Internet(server))


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: -5"],
        ["Content-Length: five"],
        ["Content-Length: 5, 6"],
        ["Content-Length: " + "9" * 5000],
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: identity"],
    ],
)
def test_an_ambiguous_length_is_an_error(headers):
    with Server(ok(b"5\r\nwhole\r\n0\r\n\r\n", *headers)) as server, pytest.raises(FailedToTransferImage, match="valid HTTP"):
        get(Internet(server))


def test_the_same_length_said_twice_is_accepted():
    with Server(ok(b"whole", "Content-Length: 5", "Content-Length: 5")) as server:
        assert get(Internet(server)) == b"whole"


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "gzip, identity"])
def test_a_compressed_body_is_refused_and_never_unpacked(coding):
    bomb = gzip.compress(bytes(10_000_000))
    with Server(ok(bomb, f"Content-Encoding: {coding}")) as server, pytest.raises(FailedToTransferImage, match="compressed"):
        get(Internet(server), max_bytes=20_000)


@pytest.mark.parametrize("coding", ["identity", "", "base64", "utf-8", "aws-chunked"])
def test_a_coding_that_is_no_compression_is_ignored(coding):
    with Server(ok(IMAGE, f"Content-Encoding: {coding}")) as server:
        assert get(Internet(server)) == IMAGE


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"<html>not http</html>",
        b"\x00" * 1000,
        b"HTTP/1.1 200 " + b"x" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_is_not_http_is_an_error(answer):
    with Server(answer) as server, pytest.raises(FailedToTransferImage):
        get(Internet(server))


def test_a_location_can_not_split_the_next_request():
    with Server(b"HTTP/1.1 302 Found\r\nLocation: /a\r\n b\x00\x01\r\n\r\n", sized(IMAGE)) as server:
        with pytest.raises(FailedToTransferImage):
            get(Internet(server))
        assert len(server.requests) == 1


PARTS = [
    b"HTTP/1.1 200 OK\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"\r\n",
    b"5\r\n",
    b"-3\r\n",
    b"0\r\n",
    b"\n",
]


@settings(max_examples=150, deadline=None)
@given(lists(sampled_from(PARTS) | binary(max_size=20), max_size=12).map(b"".join))
def test_any_answer_at_all_gives_bytes_or_a_typed_error(answer):
    with Server(answer) as server:
        internet = Internet(server)
        with contextlib.suppress(CutoutError):
            assert isinstance(get(internet), bytes)
        assert all(connection.fileno() == -1 for connection in internet.connections)
