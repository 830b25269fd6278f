"""A client's URL, taken apart strictly: what is left is safe to resolve and to write into a request."""

import re
import string
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
# Presigned S3 URLs with a session token are about 2 kB; nothing honest is longer than this.
_MAX_URL_CHARACTERS: Final = 8192
_MAX_HOST_CHARACTERS: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# IDNA 2003, which Python has built in, maps these to other letters or to nothing, IDNA 2008 doesn't: the two lead to different hosts.
_AMBIGUOUS: Final = frozenset("ßς\u200c\u200d")
# Only spaces and non-ASCII characters get encoded: a signed URL must arrive as it was signed.
_AS_IS: Final = string.punctuation


class Refused(Exception):
    """The URL, or what it leads to, isn't accepted; the message is meant for the client."""


class Unacceptable(Refused):
    """The URL itself breaks a rule: trying it again won't help."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes: `host` is ASCII, in lower case, without brackets or trailing dot; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str
    literal: IPv4Address | IPv6Address | None

    @property
    def is_https(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """`host:port`, with brackets around an IPv6 address."""
        return f"{self._bracketed_host}:{self.port}"

    @property
    def host_header(self) -> str:
        """The authority without a port that goes without saying (RFC 9110, 7.2)."""
        return self._bracketed_host if self.port == _DEFAULT_PORTS[self.scheme] else self.authority

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def _bracketed_host(self) -> str:
        return f"[{self.host}]" if isinstance(self.literal, IPv6Address) else self.host


def parse_target(url: str) -> Target:
    """Take `url` apart, or raise `Unacceptable`: another scheme than http(s), a user name, a host that is neither a name nor an address."""
    if len(url) > _MAX_URL_CHARACTERS:
        raise Unacceptable(f"The URL is longer than {_MAX_URL_CHARACTERS} characters.")
    # urlsplit would drop some of these in silence.
    if any(character < " " or character == "\x7f" for character in url):
        raise Unacceptable("The URL contains control characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
        path = quote(parts.path or "/", safe=_AS_IS) + (f"?{quote(parts.query, safe=_AS_IS)}" if parts.query else "")
    except ValueError as error:
        raise Unacceptable("The URL isn't well formed.") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise Unacceptable("Only http and https URLs are accepted.")
    if "@" in parts.netloc:
        raise Unacceptable("A URL with a user name or password isn't accepted.")
    host, literal = _parse_host(parts.hostname or "")
    if ("[" in parts.netloc) != isinstance(literal, IPv6Address):
        raise Unacceptable("The URL's host isn't a valid IPv6 address.")
    return Target(parts.scheme, host, _DEFAULT_PORTS[parts.scheme] if port is None else port, path, literal)


def redirected(origin: Target, location: str | None) -> Target:
    """Where a redirect of `origin` leads. From https to http is refused: whoever asked for https counts on it to the end."""
    if location is None:
        raise Refused("The URL redirects without saying where to.")
    try:
        # Headers arrive decoded as latin-1; servers that leave non-ASCII characters in them mean UTF-8.
        url = urljoin(origin.url, location.encode("latin-1").decode())
    except ValueError as error:
        raise Refused("The URL redirects to something that isn't a well-formed URL.") from error
    target = parse_target(url)
    if origin.is_https and not target.is_https:
        raise Refused("The URL redirects from https to http.")
    return target


def _parse_host(host: str) -> tuple[str, IPv4Address | IPv6Address | None]:
    if not _AMBIGUOUS.isdisjoint(host):
        raise Unacceptable("The URL's host name is ambiguous: write it in its ASCII form (xn--…).")
    try:
        # Full-width digits, dots and the like become ASCII here, so that the rules below see what a resolver would see.
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except ValueError as error:
        raise Unacceptable("The URL's host isn't a valid name.") from error
    name = name.removesuffix(".")
    try:
        literal = ip_address(name)
    except ValueError:
        pass
    else:
        return str(literal), literal
    labels = name.split(".")
    if len(name) > _MAX_HOST_CHARACTERS or not all(map(_LABEL.fullmatch, labels)):
        raise Unacceptable("The URL's host isn't a valid name.")
    # 2852039166, 0xa9fea9fe, 127.1 and 0251.0376.0251.0376 are addresses to some resolvers; a top-level domain is never a number.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        raise Unacceptable("The URL's host isn't a valid name, nor an IP address of four decimal numbers.")
    return name, None
