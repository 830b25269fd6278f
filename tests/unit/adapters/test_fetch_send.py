"""Webhooks and uploads leave by the same door as fetches."""

import socket
import time

import pytest

from cutout.adapters.safe_http import SafeHttp
from cutout.domain.errors import FailedToTransferImage
from tests.unit.adapters.fetch_servers import PUBLIC, Internet, Server, endlessly, redirect, silence, sized, soon

URL = "http://hooks.example/done?id=1"


def internet(server: Server | None = None, address: str = PUBLIC) -> Internet:
    return Internet(server, {"hooks.example": [[address]]})


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_the_body_and_the_headers_arrive(method):
    with Server(sized(b"thanks")) as server:
        headers = {"Content-Type": "application/json", "X-Signature": "abc"}
        internet(server).http().send(method, URL, b'{"taskUUID":"1"}', headers, deadline=soon())
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert head.startswith(f"{method} /done?id=1 HTTP/1.1\r\n".encode())
        assert {b"Host: hooks.example", b"Content-Type: application/json", b"X-Signature: abc"} <= set(head.split(b"\r\n"))
        assert body == b'{"taskUUID":"1"}'


@pytest.mark.parametrize("status", [200, 202, 404, 500])
def test_the_status_is_returned_whatever_it_is(status):
    with Server(f"HTTP/1.1 {status} X\r\n\r\n".encode()) as server:
        assert internet(server).http().send("POST", URL, b"{}", {}, deadline=soon()) == status


def test_a_redirect_is_returned_and_not_followed():
    with Server(redirect("/elsewhere", 307)) as server:
        assert internet(server).http().send("POST", URL, b"{}", {}, deadline=soon()) == 307
        assert len(server.requests) == 1


def test_the_body_of_the_answer_is_not_waited_for():
    with Server(endlessly(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05)) as server:
        assert internet(server).http().send("POST", URL, b"{}", {}, deadline=soon()) == 200
        assert server.hung_up.is_set() is False


def test_a_body_of_megabytes_arrives_whole():
    body = bytes(range(256)) * 20_000
    with Server(sized(b"")) as server:
        assert internet(server).http().send("PUT", URL, body, {}, deadline=soon()) == 200
        assert server.requests[0].endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.7", "169.254.169.254", "fd00:ec2::254"])
def test_a_private_address_gets_nothing(address):
    network = internet(address=address)
    with pytest.raises(FailedToTransferImage, match="no public address") as caught:
        network.http().send("POST", URL, b"{}", {}, deadline=soon())
    assert network.dialled == []
    assert caught.value.parameter == "webhookURL"


def test_http_is_refused_where_https_is_asked_for():
    with Server(sized(b"")) as server:
        network = internet(server)
        with pytest.raises(FailedToTransferImage, match="Only https") as caught:
            network.http().send("POST", URL, b"{}", {}, deadline=soon(), https_only=True)
        assert caught.value.final
        assert network.dialled == []


def test_a_listed_host_needs_no_https():
    with Server(sized(b"")) as server:
        http = SafeHttp(allow_hosts=frozenset({f"127.0.0.1:{server.port}"}))
        assert http.send("POST", f"http://127.0.0.1:{server.port}/", b"{}", {}, deadline=soon(), https_only=True) == 200


@pytest.mark.parametrize(
    "url", ["http://hooks.example:8080/", "ftp://hooks.example/", "http://127.1/", "http://[::1]/", "http://x y/"]
)
def test_a_url_that_will_never_do_is_refused_for_good(url):
    with pytest.raises(FailedToTransferImage) as caught:
        internet().http().send("POST", url, b"{}", {}, deadline=soon())
    assert caught.value.final


def test_a_private_address_is_refused_for_good():
    with pytest.raises(FailedToTransferImage) as caught:
        internet(address="10.0.0.7").http().send("POST", URL, b"{}", {}, deadline=soon())
    assert caught.value.final


@pytest.mark.parametrize("url", [URL, "http://not-yet.example/"])
def test_a_host_that_cannot_be_reached_now_may_be_later(url):
    with pytest.raises(FailedToTransferImage) as caught:
        internet().http().send("POST", url, b"{}", {}, deadline=soon())
    assert not caught.value.final


def test_the_error_names_the_parameter_that_the_caller_names():
    with pytest.raises(FailedToTransferImage) as caught:
        internet().http().send("PUT", "ftp://hooks.example/", b"", {}, deadline=soon(), parameter="uploadEndpoint")
    assert caught.value.parameter == "uploadEndpoint"


def test_a_receiver_that_does_not_answer_ends_at_the_deadline():
    with Server(silence) as server:
        began = time.monotonic()
        with pytest.raises(FailedToTransferImage, match="in time"):
            internet(server).http().send("POST", URL, b"{}", {}, deadline=soon(0.2))
        assert time.monotonic() - began < 3


def test_a_receiver_that_does_not_read_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def dial(_address, _port, timeout_s):
            connection = socket.create_connection(listener.getsockname(), timeout_s)
            connection.settimeout(None)
            return connection

        began = time.monotonic()
        with pytest.raises(FailedToTransferImage, match="in time"):
            SafeHttp(lookup=internet().lookup, dial=dial).send("PUT", URL, bytes(30_000_000), {}, deadline=soon(0.3))
        assert time.monotonic() - began < 3
