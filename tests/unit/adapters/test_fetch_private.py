"""No URL leads anywhere but to the public Internet."""

import pytest

from cutout.adapters.safe_http import SafeHttp
from cutout.domain.errors import FailedToTransferImage
from tests.unit.adapters.fetch_servers import IMAGE, LIMIT, PUBLIC, Internet, Server, get, redirect, sized, soon


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


@pytest.mark.parametrize("address", ["10.0.0.7", PUBLIC])
def test_no_message_discloses_an_address(address):
    with pytest.raises(FailedToTransferImage) as caught:
        get(Internet(names={"images.example": [[address]]}))
    assert address not in caught.value.message


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
