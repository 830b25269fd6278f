"""Objects by key: `ObjectStore`."""

import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from cutout.domain.errors import ImageTooLarge
from cutout.domain.metering import Meter
from tests.contract.worlds import MAX_OBJECT_BYTES, World

KEY = "results/acme/1b4e28ba-2fa1-41d2-883f-0016d3cca427.png"


def test_an_object_is_read_back_byte_for_byte(world: World) -> None:
    content = bytes(range(256)) * 8
    world.objects.put(KEY, content, "image/png", {"task-uuid": "1"}, Meter())
    assert world.objects.get(KEY, Meter()) == content


def test_a_second_object_under_a_key_replaces_the_first(world: World) -> None:
    world.objects.put(KEY, b"one", "image/png", {}, Meter())
    world.objects.put(KEY, b"two", "image/png", {}, Meter())
    assert world.objects.get(KEY, Meter()) == b"two"


def test_a_missing_object_is_none(world: World) -> None:
    assert world.objects.get("results/acme/nothing.png", Meter()) is None


def test_an_object_over_the_limit_is_refused(world: World) -> None:
    world.objects.put(KEY, bytes(MAX_OBJECT_BYTES + 1), "image/png", {}, Meter())
    with pytest.raises(ImageTooLarge):
        world.objects.get(KEY, Meter())


def test_an_object_of_just_the_limit_is_read(world: World) -> None:
    world.objects.put(KEY, bytes(MAX_OBJECT_BYTES), "image/png", {}, Meter())
    assert world.objects.get(KEY, Meter()) == bytes(MAX_OBJECT_BYTES)


def test_puts_and_gets_are_counted(world: World) -> None:
    meter = Meter()
    world.objects.put(KEY, b"x", "image/png", {}, meter)
    world.objects.get(KEY, meter)
    world.objects.get("results/acme/nothing.png", meter)
    assert (meter.s3_puts, meter.s3_gets) == (1, 2)


def test_a_signed_url_names_the_object_and_expires(connected_world: World) -> None:
    url = urlsplit(connected_world.objects.signed_url(KEY))
    query = parse_qs(url.query)
    assert url.path.endswith(KEY)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["600"]


def test_a_signed_url_gives_the_object_with_its_type(ministack: World) -> None:
    """On MiniStack only: moto has no server here."""
    ministack.objects.put(KEY, b"picture", "image/png", {}, Meter())
    with urllib.request.urlopen(ministack.objects.signed_url(KEY), timeout=10) as answer:
        assert answer.read() == b"picture"
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Cache-Control"].startswith("private")
