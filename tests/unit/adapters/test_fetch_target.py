"""How a client's URL is taken apart."""

import pytest
from hypothesis import given, settings
from hypothesis.strategies import text

from cutout.adapters.safe_http.target import Refused, parse_target, redirected


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://images.example", "images.example", 80, "/"),
        ("HTTPS://Images.Example/A.png?b=C#part", "images.example", 443, "/A.png?b=C"),
        ("http://images.example./a", "images.example", 80, "/a"),
        ("http://images.example:443?q", "images.example", 443, "/?q"),
        ("http://my_bucket.images.example/", "my_bucket.images.example", 80, "/"),
        ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
        ("http://8.8.8.8./", "8.8.8.8", 80, "/"),
        ("http://[2606:4700:0::1111]/", "2606:4700::1111", 80, "/"),
    ],
)
def test_a_url_comes_apart_into_host_port_and_path(url, host, port, path):
    target = parse_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_an_international_name_is_resolved_in_its_ascii_form():
    assert parse_target("http://bücher。example/").host == "xn--bcher-kva.example"


def test_digits_in_disguise_become_the_address_that_they_stand_for():
    assert str(parse_target("http://①⑥⑨.②⑤④.①⑥⑨。②⑤④/").literal) == "169.254.169.254"


@pytest.mark.parametrize("host", ["faß.example", "λόγος.example", "a\u200db.example"])
def test_a_name_that_two_versions_of_idna_read_differently_is_refused(host):
    with pytest.raises(Refused, match="ambiguous"):
        parse_target(f"http://{host}/")


@pytest.mark.parametrize(
    "host",
    [
        "2852039166",
        "0xa9fea9fe",
        "0XA9FEA9FE",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "0251.254.169.254",
        "127.1",
        "127.0.1",
        "0",
        "1.2.3.4.5",
        "256.1.1.1",
        "example.123",
        "0x7f.1.",
    ],
)
def test_a_number_in_any_form_but_four_decimals_is_no_host(host):
    with pytest.raises(Refused, match="host"):
        parse_target(f"http://{host}/")


@pytest.mark.parametrize(
    "host",
    [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "images.example..",
        "-a.example",
        "a-.example",
        "a b",
        "a%2eb",
        "a\\b",
        "a'b",
        "*.example",
        "a,b",
        "[v1.a]",
        "[::1",
        "::1",
        "[127.0.0.1]",
        "x" * 64,
        ".".join(["x" * 60] * 5),
        "ü" * 70,
        "。",
    ],
)
def test_what_is_neither_a_name_nor_an_address_is_no_host(host):
    with pytest.raises(Refused, match=r"host|formed"):
        parse_target(f"http://{host}/")


@pytest.mark.parametrize("port", ["99999", "-1", "\uff18\uff10", "80x", "0x50", " 80"])
def test_what_is_not_a_number_is_no_port(port):
    with pytest.raises(Refused, match="formed"):
        parse_target(f"http://images.example:{port}/")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://images.example/a",
        "gopher://images.example/",
        "data:image/png;base64,AA",
        "//images.example/a",
        "a.png",
        "",
        "javascript:1",
        "http+unix://socket/",
        "httpss://images.example/",
        "s3://bucket/key",
    ],
)
def test_a_scheme_other_than_http_and_https_is_refused(url):
    with pytest.raises(Refused, match="Only http and https"):
        parse_target(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://images.example@169.254.169.254/",
        "http://user:password@images.example/",
        "http://@images.example/",
        "http://images.example\\@169.254.169.254/",
        "http://images.example:80@169.254.169.254/",
    ],
)
def test_a_user_name_in_the_url_is_refused(url):
    with pytest.raises(Refused, match="user name"):
        parse_target(url)


@pytest.mark.parametrize("character", ["\r\n", "\t", "\x00", "\x7f"])
def test_a_control_character_in_the_url_is_refused(character):
    with pytest.raises(Refused, match="control"):
        parse_target(f"http://images.example/a{character}Host: b")


def test_an_endless_url_is_refused():
    with pytest.raises(Refused, match="longer"):
        parse_target("http://images.example/" + "a" * 10_000)


def test_a_half_of_a_surrogate_pair_is_refused():
    with pytest.raises(Refused, match="formed"):
        parse_target("http://images.example/\ud800")


def test_spaces_and_letters_outside_ascii_are_percent_encoded():
    assert parse_target("http://images.example/my café.png?q=ü").path == "/my%20caf%C3%A9.png?q=%C3%BC"


def test_what_is_ascii_already_stays_as_it_was_signed():
    path = "/a%2Fb%20c+d/(1)[2].png?X-Amz-Credential=A%2F20261101&X-Amz-Signature=0f&tag={x|y}"
    assert parse_target(f"https://images.example{path}").path == path


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("b.png", "https://images.example:443/a/b.png"),
        ("/b.png?c", "https://images.example:443/b.png?c"),
        ("//other.example/b.png", "https://other.example:443/b.png"),
        ("https://other.example:80/", "https://other.example:80/"),
        ("caf\xc3\xa9.png", "https://images.example:443/a/caf%C3%A9.png"),
    ],
)
def test_a_redirect_is_relative_to_the_url_that_it_came_from(location, url):
    assert redirected(parse_target("https://images.example/a/a.png"), location).url == url


def test_a_redirect_from_https_to_http_is_refused():
    with pytest.raises(Refused, match="from https to http"):
        redirected(parse_target("https://images.example/"), "http://images.example/a.png")


@pytest.mark.parametrize("location", [None, "http://[::1", "\xff\xfe"])
def test_a_redirect_to_nowhere_is_refused(location):
    with pytest.raises(Refused, match="redirects"):
        redirected(parse_target("http://images.example/"), location)


@settings(max_examples=60)
@given(text(max_size=40))
def test_any_text_behind_the_scheme_gives_a_clean_target_or_is_refused(rest):
    try:
        target = parse_target("http://" + rest)
    except Refused:
        return
    assert target.path.isascii()
    assert target.path.startswith("/")
    assert " " not in target.path
    assert target.literal is not None or set(target.host) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
