"""Fetching from hosts that are slow, wrong or hostile."""

import contextlib
import gzip
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis.strategies import binary, lists, sampled_from
from tests.unit.adapters.fetch_servers import (
    PUBLIC,
    Internet,
    Server,
    endlessly,
    ok,
    redirect,
    silence,
    sized,
    soon,
)

from cutout.adapters.safe_http import SafeHttp
from cutout.domain.errors import CutoutError, FailedToTransferImage, ImageTooLarge

URL = "http://images.example/a.png"
IMAGE = b"\x89PNG and so on"
LIMIT = 1000


def get(internet: Internet, url: str = URL, *, max_bytes: int = LIMIT, seconds: float = 5.0) -> bytes:
    return internet.http().get(url, max_bytes=max_bytes, deadline=soon(seconds))


def test_the_body_is_returned_as_it_was_sent():
    with Server(sized(IMAGE)) as server:
        assert get(Internet(server)) == IMAGE


def test_the_connection_goes_to_the_address_that_was_checked():
    with Server(sized(IMAGE)) as server:
        internet = Internet(server)
        get(internet)
        assert internet.dialled == [(PUBLIC, 80)]


def test_the_request_names_the_host_and_asks_for_no_compression():
    with Server(sized(IMAGE)) as server:
        get(Internet(server), "http://Images.Example.:80/a%20b.png?c=d")
        head = server.requests[0].lower()
        assert head.startswith(b"get /a%20b.png?c=d http/1.1\r\n")
        assert b"\r\nhost: images.example\r\n" in head
        assert b"\r\naccept-encoding: identity\r\n" in head


def test_an_unusual_port_is_part_of_the_host_header():
    with Server(sized(IMAGE)) as server:
        get(Internet(server), "http://images.example:443/")
        assert b"\r\nHost: images.example:443\r\n" in server.requests[0]


def test_a_chunked_body_is_put_together():
    with Server(ok(b"5\r\n\x89PNG \r\n4;x=y\r\nand \r\n0\r\nTrailer: x\r\n\r\n", "Transfer-Encoding: chunked")) as server:
        assert get(Internet(server)) == b"\x89PNG and "


def test_a_body_without_a_length_ends_with_the_connection():
    with Server(ok(IMAGE)) as server:
        assert get(Internet(server)) == IMAGE


def test_a_body_of_exactly_the_limit_is_accepted():
    with Server(sized(b"x" * LIMIT)) as server:
        assert len(get(Internet(server))) == LIMIT


def test_proxies_of_the_environment_are_ignored(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Server(sized(IMAGE)) as server:
        assert get(Internet(server)) == IMAGE


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0251.0376.0251.0376/",
        "http://127.1/",
        "http://127.0.0.1/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[fd00:ec2::254]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://[::1]/",
        "http://[fe80::1%25eth0]/",
        "http://100.100.100.200/",
        "http://192.0.0.192/",
        "http://169.254.169.254./",
        "http://images.example@169.254.169.254/",
        "http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
        "file:///etc/passwd",
        "http://images.example:22/",
        "http://images.example:8080/",
        "http://images.example:0/",
    ],
)
def test_nothing_is_dialled_for(url):
    internet = Internet()
    with pytest.raises(FailedToTransferImage):
        get(internet, url)
    assert internet.dialled == []


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "10.0.0.7", "127.0.0.1", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "fe80::1%eth0"]
)
def test_a_name_that_leads_to_a_private_address_is_refused(address):
    internet = Internet(names={"images.example": [[address]]})
    with pytest.raises(FailedToTransferImage, match="no public address"):
        get(internet)
    assert internet.dialled == []


@pytest.mark.parametrize("addresses", [[PUBLIC, "169.254.169.254"], ["169.254.169.254", PUBLIC], [PUBLIC, "::1"]])
def test_one_private_address_among_public_ones_spoils_the_name(addresses):
    internet = Internet(names={"images.example": [addresses]})
    with pytest.raises(FailedToTransferImage, match="no public address"):
        get(internet)
    assert internet.dialled == []


def test_a_private_name_and_an_unknown_name_get_the_same_message():
    internet = Internet(names={"internal.example": [["10.0.0.7"]], "empty.example": [[]]})
    messages = set()
    for host in ("internal.example", "empty.example", "unknown.example"):
        with pytest.raises(FailedToTransferImage) as caught:
            get(internet, f"http://{host}/")
        messages.add(caught.value.message)
    assert len(messages) == 1


def test_a_resolver_that_changes_its_answer_is_asked_once():
    with Server(sized(IMAGE)) as server:
        internet = Internet(server, {"images.example": [[PUBLIC], ["127.0.0.1"]]})
        assert get(internet) == IMAGE
        assert internet.lookups == ["images.example"]
        assert internet.dialled == [(PUBLIC, 80)]


def test_a_resolver_that_changes_its_answer_between_redirects_is_checked_again():
    with Server(redirect("/b.png")) as server:
        internet = Internet(server, {"images.example": [[PUBLIC], ["127.0.0.1"]]})
        with pytest.raises(FailedToTransferImage, match="no public address"):
            get(internet)
        assert internet.dialled == [(PUBLIC, 80)]


def test_the_next_address_is_tried_when_the_first_refuses():
    with Server(sized(IMAGE)) as server:
        internet = Internet(server, {"images.example": [["2606:4700::1111", PUBLIC]]})

        def no_ipv6(address, port, timeout_s):
            if address.version == 6:
                raise OSError("Network is unreachable")
            return internet.dial(address, port, timeout_s)

        http = SafeHttp(lookup=internet.lookup, dial=no_ipv6)
        assert http.get(URL, max_bytes=LIMIT, deadline=soon()) == IMAGE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status):
    with Server(redirect("http://other.example/b.png", status), sized(IMAGE)) as server:
        internet = Internet(server, {"images.example": [[PUBLIC]], "other.example": [["1.1.1.1"]]})
        assert get(internet) == IMAGE
        assert internet.dialled == [(PUBLIC, 80), ("1.1.1.1", 80)]
        assert b"\r\nHost: other.example\r\n" in server.requests[1]


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://metadata.example/",
        "http://images.example:6379/",
        "http://images.example@127.0.0.1/",
        "file:///etc/passwd",
        "gopher://images.example/",
    ],
)
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_is_held_to_the_same_rules(location, status):
    with Server(redirect(location, status)) as server:
        internet = Internet(server, {"images.example": [[PUBLIC]], "metadata.example": [["169.254.169.254"]]})
        with pytest.raises(FailedToTransferImage):
            get(internet)
        assert internet.dialled == [(PUBLIC, 80)]


def test_five_redirects_are_followed():
    with Server(*[redirect("/again")] * 5, sized(IMAGE)) as server:
        assert get(Internet(server)) == IMAGE


def test_a_redirect_loop_ends():
    with Server(redirect("/again")) as server:
        internet = Internet(server)
        with pytest.raises(FailedToTransferImage, match="more than 5 times"):
            get(internet)
        assert len(internet.dialled) == 6


@pytest.mark.parametrize("status", [201, 204, 206, 300, 304, 401, 403, 404, 410, 429, 500, 503])
def test_only_200_is_success(status):
    with (
        Server(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()) as server,
        pytest.raises(FailedToTransferImage, match=str(status)),
    ):
        get(Internet(server))


def test_a_body_that_says_it_is_too_large_is_not_read():
    with Server(endlessly(ok(b"", "Content-Length: 1001"), b"", 0.05)) as server:
        began = time.monotonic()
        with pytest.raises(ImageTooLarge, match="1000 bytes"):
            get(Internet(server))
        assert time.monotonic() - began < 1


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


@pytest.mark.parametrize("start", [b"-1\r\n", b"ffffffffffffffff\r\n", b"0\r\n", b"1;"])
def test_chunked_framing_can_not_smuggle_in_more_than_the_limit(start):
    """A chunk of size -1 has http.client read to the end; trailers and extensions are bodies by another name."""
    with (
        Server(endlessly(ok(start, "Transfer-Encoding: chunked"), b"Trailer: x\r\n" * 1000)) as server,
        pytest.raises(CutoutError),
    ):
        get(Internet(server), max_bytes=100_000, seconds=3)


@pytest.mark.parametrize(
    "answer",
    [
        ok(IMAGE, "Content-Length: 500"),
        ok(b"", "Content-Length: 500"),
        ok(b"", "Content-Length: 0"),
        ok(b""),
        ok(b"50\r\nshort", "Transfer-Encoding: chunked"),
        ok(b"5\r\nwhole\r\n", "Transfer-Encoding: chunked"),
    ],
)
def test_a_body_that_is_empty_or_shorter_than_it_says_is_an_error(answer):
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
        assert 0.25 < time.monotonic() - began < 1


def test_redirects_share_one_deadline():
    def late(connection, stop):
        stop.wait(0.15)
        connection.sendall(redirect("/again"))

    with Server(late) as server:
        internet = Internet(server)
        with pytest.raises(FailedToTransferImage, match="in time"):
            get(internet, seconds=0.4)
        assert len(internet.dialled) == 3


def test_a_call_takes_no_longer_than_the_time_out_even_if_the_deadline_is_far():
    with Server(silence) as server:
        began = time.monotonic()
        with pytest.raises(FailedToTransferImage, match="in time"):
            Internet(server).http(timeout_s=0.2).get(URL, max_bytes=LIMIT, deadline=soon(60))
        assert time.monotonic() - began < 1


def test_a_hanging_resolver_is_given_up_at_the_deadline():
    released = threading.Event()

    def hanging(_host):
        released.wait()
        return [PUBLIC]

    internet = Internet()
    began = time.monotonic()
    with pytest.raises(FailedToTransferImage, match="in time"):
        SafeHttp(lookup=hanging, dial=internet.dial).get(URL, max_bytes=LIMIT, deadline=soon(0.2))
    assert time.monotonic() - began < 1
    assert internet.dialled == []
    released.set()


def test_a_deadline_that_has_passed_is_an_error_and_nothing_is_dialled():
    internet = Internet()
    with pytest.raises(FailedToTransferImage, match="in time"):
        get(internet, seconds=-1)
    assert internet.dialled == []


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


@pytest.mark.parametrize("again", [b"A: " + b"x" * 1000 + b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_endless_headers_are_cut_off(again):
    start = b"" if again.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n"
    with Server(endlessly(start, again)) as server, pytest.raises(FailedToTransferImage, match="too long"):
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


def test_a_refused_connection_is_an_error():
    with pytest.raises(FailedToTransferImage, match="connection"):
        get(Internet())


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


def test_the_error_names_the_parameter_that_the_caller_names():
    with pytest.raises(FailedToTransferImage) as caught:
        Internet().http().get("http://127.0.0.1/", max_bytes=LIMIT, deadline=soon(), parameter="inputs.image")
    assert caught.value.parameter == "inputs.image"


def test_the_error_names_the_input_image_otherwise():
    with Server(sized(bytes(2000))) as server, pytest.raises(ImageTooLarge) as caught:
        get(Internet(server))
    assert (caught.value.parameter, caught.value.maximum) == ("inputImage", LIMIT)


@pytest.mark.parametrize("address", ["10.0.0.7", PUBLIC])
def test_no_message_discloses_an_address(address):
    with pytest.raises(FailedToTransferImage) as caught:
        get(Internet(names={"images.example": [[address]]}))
    assert address not in caught.value.message


def test_many_threads_may_share_one_door():
    with Server(sized(IMAGE)) as server:
        http = Internet(server).http()
        results = []
        threads = [
            threading.Thread(target=lambda: results.append(http.get(URL, max_bytes=LIMIT, deadline=soon()))) for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [IMAGE] * 16


def test_a_listed_host_is_exempt_from_the_address_and_port_rules():
    with Server(sized(IMAGE)) as server:
        http = SafeHttp(allow_hosts=frozenset({f"127.0.0.1:{server.port}"}))
        assert http.get(f"http://127.0.0.1:{server.port}/a.png", max_bytes=LIMIT, deadline=soon()) == IMAGE


def test_a_host_is_exempt_on_the_listed_port_only():
    with Server(sized(IMAGE)) as server:
        http = SafeHttp(allow_hosts=frozenset({"127.0.0.1:4566"}))
        with pytest.raises(FailedToTransferImage, match="ports"):
            http.get(f"http://127.0.0.1:{server.port}/a.png", max_bytes=LIMIT, deadline=soon())
        assert server.requests == []


def test_the_systems_resolver_and_sockets_are_the_default():
    """`localhost` is in every hosts file: this asks the real resolver without a network."""
    with Server(sized(IMAGE)) as server:
        http = SafeHttp(allow_hosts=frozenset({f"localhost:{server.port}"}))
        assert http.get(f"http://localhost:{server.port}/a.png", max_bytes=LIMIT, deadline=soon()) == IMAGE


def test_a_closed_port_is_an_error_with_the_default_sockets():
    with Server(b"") as server:
        port = server.port
    http = SafeHttp(allow_hosts=frozenset({f"127.0.0.1:{port}"}))
    with pytest.raises(FailedToTransferImage, match="connection"):
        http.get(f"http://127.0.0.1:{port}/", max_bytes=LIMIT, deadline=soon())
