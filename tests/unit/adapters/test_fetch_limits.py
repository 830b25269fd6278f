"""Hosts that are slow, or never stop, end at the deadline or at the limit."""

import contextlib
import threading
import time

import pytest

from cutout.adapters.safe_http import SafeHttp
from cutout.domain.errors import CutoutError, FailedToTransferImage, ImageTooLarge
from tests.unit.adapters.fetch_servers import (
    IMAGE,
    LIMIT,
    PUBLIC,
    URL,
    Internet,
    Server,
    endlessly,
    get,
    ok,
    redirect,
    silence,
    sized,
    soon,
)


@pytest.mark.parametrize("answer", [ok(b"x" * 1001), ok(b"3e9\r\n" + b"x" * 1001 + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked")])
def test_a_body_of_one_byte_over_the_limit_is_too_large(answer):
    with Server(answer) as server, pytest.raises(ImageTooLarge):
        get(Internet(server), max_bytes=1000)


def test_a_body_that_says_it_is_too_large_is_not_read():
    with Server(endlessly(ok(b"", "Content-Length: 1001"), b"", 0.05)) as server:
        began = time.monotonic()
        with pytest.raises(ImageTooLarge, match="1000 bytes"):
            get(Internet(server))
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "start",
    [
        ok(b""),
        ok(b"", "Transfer-Encoding: chunked"),
    ],
)
def test_an_endless_body_stops_at_the_limit(start):
    piece = b"400\r\n" + b"x" * 0x400 + b"\r\n"
    with Server(endlessly(start, piece)) as server, pytest.raises(ImageTooLarge):
        get(Internet(server), max_bytes=100_000)


@pytest.mark.parametrize("start", [b"-1\r\n", b"ffffffffffffffff\r\n", b"0\r\n"])
def test_chunked_framing_can_not_smuggle_in_more_than_the_limit(start):
    """A chunk of size -1 has http.client read to the end, and endless trailers are a body by another name."""
    with (
        Server(endlessly(ok(start, "Transfer-Encoding: chunked"), b"Trailer: x\r\n" * 1000)) as server,
        pytest.raises(ImageTooLarge),
    ):
        get(Internet(server), max_bytes=100_000, seconds=3)


@pytest.mark.parametrize("again", [b"A: " + b"x" * 1000 + b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_endless_headers_are_cut_off(again):
    start = b"" if again.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n"
    with Server(endlessly(start, again)) as server, pytest.raises(FailedToTransferImage, match="too long"):
        get(Internet(server))


@pytest.mark.parametrize(
    "answer",
    [
        silence,
        endlessly(b"", b"H", 0.05),
        endlessly(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.05),
        endlessly(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
        endlessly(ok(b"", "Content-Length: 900"), b"x", 0.05),
        endlessly(ok(b""), b"x", 0.05),
        endlessly(ok(b"", "Transfer-Encoding: chunked"), b"1\r\nx\r\n", 0.05),
        endlessly(ok(b"0\r\n", "Transfer-Encoding: chunked"), b"A: b\r\n", 0.05),
    ],
    ids=["silence", "status", "headers", "continue", "body", "unsized", "chunks", "trailers"],
)
def test_a_slow_drip_ends_at_the_deadline(answer):
    with Server(answer) as server:
        began = time.monotonic()
        with pytest.raises(FailedToTransferImage, match="in time"):
            get(Internet(server), seconds=0.3)
        assert 0.25 < time.monotonic() - began < 3


def test_redirects_share_one_deadline():
    def late(connection, stop):
        stop.wait(0.15)
        connection.sendall(redirect("/again"))

    with Server(late) as server:
        internet = Internet(server)
        with pytest.raises(FailedToTransferImage, match="in time"):
            get(internet, seconds=0.4)
        assert len(internet.dialled) <= 3


def test_a_call_takes_no_longer_than_the_time_out_even_if_the_deadline_is_far():
    with Server(silence) as server:
        began = time.monotonic()
        with pytest.raises(FailedToTransferImage, match="in time"):
            Internet(server).http(timeout_s=0.2).get(URL, max_bytes=LIMIT, deadline=soon(60))
        assert time.monotonic() - began < 3


def test_a_hanging_resolver_is_given_up_at_the_deadline():
    released = threading.Event()

    def hanging(_host):
        released.wait()
        return [PUBLIC]

    internet = Internet()
    began = time.monotonic()
    with pytest.raises(FailedToTransferImage, match="in time"):
        SafeHttp(lookup=hanging, dial=internet.dial).get(URL, max_bytes=LIMIT, deadline=soon(0.2))
    assert time.monotonic() - began < 3
    assert internet.dialled == []
    released.set()


def test_look_ups_that_ended_make_room_for_others():
    """Hanging look-ups are bounded in number; finished ones don't count."""
    http = Internet().http()
    for _ in range(200):
        with pytest.raises(FailedToTransferImage, match="no public address"):
            http.get("http://unknown.example/", max_bytes=LIMIT, deadline=soon())


def test_a_deadline_that_has_passed_is_an_error_and_nothing_is_dialled():
    internet = Internet()
    with pytest.raises(FailedToTransferImage, match="in time"):
        get(internet, seconds=-1)
    assert internet.dialled == []


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (sized(IMAGE), 5),
        (redirect("/again"), 5),
        (b"garbage", 5),
        (endlessly(ok(b""), b"x" * 100), 5),
        (silence, 0.1),
        (redirect("http://[::1]/"), 5),
    ],
    ids=["success", "loop", "garbage", "too large", "silence", "refused"],
)
def test_every_connection_is_closed_in_the_end(answer, seconds):
    with Server(answer) as server:
        internet = Internet(server)
        with contextlib.suppress(CutoutError):
            get(internet, seconds=seconds)
        assert internet.connections
        assert all(connection.fileno() == -1 for connection in internet.connections)
