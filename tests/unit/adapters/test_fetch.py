"""Fetching an image from a URL: what works, and who is told what when it does not."""

import threading
import time

import pytest

from cutout.adapters.safe_http import SafeHttp
from cutout.domain.errors import FailedToTransferImage, ImageTooLarge
from tests.unit.adapters.fetch_servers import IMAGE, LIMIT, PUBLIC, URL, Internet, Server, get, redirect, sized, soon


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


def test_a_body_of_exactly_the_limit_is_accepted():
    with Server(sized(b"x" * LIMIT)) as server:
        assert len(get(Internet(server))) == LIMIT


def test_proxies_of_the_environment_are_ignored(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Server(sized(IMAGE)) as server:
        assert get(Internet(server)) == IMAGE


def test_the_resolvers_first_address_is_tried_first():
    with Server(sized(IMAGE)) as server:
        internet = Internet(server, {"images.example": [[PUBLIC, "1.1.1.1"]]})
        get(internet)
        assert internet.dialled == [(PUBLIC, 80)]


@pytest.mark.parametrize("addresses", [["2606:4700::1111", PUBLIC], ["2606:4700::1111", "2606:4700::1001", PUBLIC, "1.1.1.1"]])
def test_the_next_address_is_tried_when_the_one_before_is_unreachable(addresses):
    with Server(sized(IMAGE)) as server:
        internet = Internet(server, {"images.example": [addresses]})

        def without_ipv6(address, port, timeout_s):
            if address.version == 6:
                raise OSError("Network is unreachable")
            return internet.dial(address, port, timeout_s)

        http = SafeHttp(lookup=internet.lookup, dial=without_ipv6)
        assert http.get(URL, max_bytes=LIMIT, deadline=soon()) == IMAGE
        assert internet.dialled == [(PUBLIC, 80)]


def test_a_silent_first_address_leaves_time_for_the_second():
    with Server(sized(IMAGE)) as server:
        internet = Internet(server, {"images.example": [["1.1.1.1", PUBLIC]]})

        def half_silent(address, port, timeout_s):
            if str(address) == "1.1.1.1":
                time.sleep(timeout_s)
                raise TimeoutError
            return internet.dial(address, port, timeout_s)

        http = SafeHttp(lookup=internet.lookup, dial=half_silent)
        assert http.get(URL, max_bytes=LIMIT, deadline=soon(1.0)) == IMAGE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(status):
    with Server(redirect("http://other.example/b.png", status), sized(IMAGE)) as server:
        internet = Internet(server, {"images.example": [[PUBLIC]], "other.example": [["1.1.1.1"]]})
        assert get(internet) == IMAGE
        assert internet.dialled == [(PUBLIC, 80), ("1.1.1.1", 80)]
        assert b"\r\nHost: other.example\r\n" in server.requests[1]


def test_five_redirects_are_followed():
    with Server(*[redirect("/again")] * 5, sized(IMAGE)) as server:
        assert get(Internet(server)) == IMAGE


def test_a_redirect_loop_ends():
    with Server(redirect("/again")) as server:
        internet = Internet(server)
        with pytest.raises(FailedToTransferImage, match="more than 5 times"):
            get(internet)
        assert len(internet.dialled) == 6


def test_a_refused_connection_is_an_error():
    with pytest.raises(FailedToTransferImage, match="connection"):
        get(Internet())


def test_the_error_names_the_parameter_that_the_caller_names():
    with pytest.raises(FailedToTransferImage) as caught:
        Internet().http().get("http://127.0.0.1/", max_bytes=LIMIT, deadline=soon(), parameter="inputs.image")
    assert caught.value.parameter == "inputs.image"


def test_the_error_names_the_input_image_otherwise():
    with Server(sized(bytes(2000))) as server, pytest.raises(ImageTooLarge) as caught:
        get(Internet(server))
    assert (caught.value.parameter, caught.value.maximum) == ("inputImage", LIMIT)


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
