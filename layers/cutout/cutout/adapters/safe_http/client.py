"""GET an image, PUT or POST a result, at a URL that a client chose. Why it is as it is: docs/adr/0030."""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv6Address
from typing import Final, Literal

from cutout.adapters.safe_http.addresses import is_public
from cutout.adapters.safe_http.body import NOT_HTTP, BodyTooLarge, read_body
from cutout.adapters.safe_http.resolve import Lookup, Resolver, system_lookup
from cutout.adapters.safe_http.target import Refused, Target, Unacceptable, parse_target, redirected
from cutout.adapters.safe_http.wire import Dial, Overrun, Wire, dial, remaining
from cutout.domain.errors import FailedToTransferImage, ImageTooLarge, InvalidParameter

_PUBLIC_PORTS: Final = frozenset({80, 443})
_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_CONNECT_ATTEMPTS: Final = 4
_MAX_HEAD_BYTES: Final = 64 * 1024

_NO_PUBLIC_ADDRESS: Final = "The URL's host wasn't found or has no public address."
_USER_AGENT: Final = "Cutout (background removal; fetches what its users ask for)"
_GET_HEADERS: Final = {
    "Accept": "image/png, image/jpeg, image/webp, */*;q=0.1",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": _USER_AGENT,
}
_SEND_HEADERS: Final = {"Connection": "close", "User-Agent": _USER_AGENT}


class SafeHttp:
    """HTTP to other people's hosts: public addresses only, bounded in time and bytes, one connection a request. Thread-safe.

    Args:
        allow_hosts: `host:port` exempt from the address and port rules. Empty in production; the local stack lists its own S3.
        timeout_s: the longest that one call may take, however far off its deadline is.
        lookup: names to addresses.
        dial: connects to an address that was found public.
        tls: verifies servers; by default against the system's certificate authorities.
    """

    def __init__(
        self,
        *,
        allow_hosts: frozenset[str] = frozenset(),
        timeout_s: float = 20.0,
        lookup: Lookup = system_lookup,
        dial: Dial = dial,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow_hosts = allow_hosts
        self._timeout_s = timeout_s
        self._resolver = Resolver(lookup)
        self._dial = dial
        self._given_tls = tls

    def get(self, url: str, *, max_bytes: int, deadline: float, parameter: str = "inputImage") -> bytes:
        """The body at `url`, after at most 5 redirects; never decompressed.

        Args:
            url: what the client sent; any text.
            max_bytes: the largest body accepted.
            deadline: when to give up, in `time.monotonic()` seconds; covers resolving, connecting, every redirect and the body.
            parameter: the request field that held the URL, for the error.

        Raises:
            ImageTooLarge: the body is, or says that it is, over `max_bytes`.
            FailedToTransferImage: anything else; the message is meant for the client.
        """
        with _told_to_client(parameter, max_bytes):
            target = parse_target(url)
            deadline = self._within_timeout(deadline)
            for _ in range(1 + _MAX_REDIRECTS):
                with self._exchange("GET", target, None, _GET_HEADERS, deadline) as (response, wire):
                    if response.status not in _REDIRECTS:
                        return read_body(response, wire, max_bytes)
                    target = redirected(target, response.headers["Location"])
            raise Refused(f"The URL redirects more than {_MAX_REDIRECTS} times.")

    def send(
        self,
        method: Literal["PUT", "POST"],
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        deadline: float,
        parameter: str = "webhookURL",
        https_only: bool = False,
    ) -> int:
        """Send `body` to `url` and return the status of the answer, whatever it is; redirects aren't followed.

        `https_only` refuses http, but for hosts that are exempt from the other rules too.

        Raises:
            FailedToTransferImage: no answer was to be had, or the URL isn't acceptable (`final`).
        """
        with _told_to_client(parameter):
            target = parse_target(url)
            if https_only and not target.is_https and target.authority not in self._allow_hosts:
                raise Unacceptable("Only https URLs are accepted.")
            deadline = self._within_timeout(deadline)
            with self._exchange(method, target, body, {**_SEND_HEADERS, **headers}, deadline) as (response, _):
                return response.status

    def check(self, url: str, *, deadline: float, parameter: str) -> None:
        """Whether `send` would be let through to `url` now: better to say so at once than when there is a result to send.

        Raises:
            InvalidParameter: it wouldn't.
        """
        try:
            with _told_to_client(parameter):
                self._checked_addresses(parse_target(url), self._within_timeout(deadline))
        except FailedToTransferImage as error:
            raise InvalidParameter(error.message, parameter=parameter, expected_type="string") from None

    def _within_timeout(self, deadline: float) -> float:
        return min(deadline, time.monotonic() + self._timeout_s)

    @contextmanager
    def _exchange(
        self, method: str, target: Target, body: bytes | None, headers: Mapping[str, str], deadline: float
    ) -> Iterator[tuple[HTTPResponse, Wire]]:
        with closing(self._connect(target, deadline)) as connection:
            wire = Wire(connection, deadline)
            wire.allow(_MAX_HEAD_BYTES)
            request = HTTPConnection(target.host, target.port)
            request.sock = wire  # it only calls sendall
            request.request(method, target.path, body, {"Host": target.host_header, **headers})
            # Not request.getresponse(): that may close its socket before the body is read.
            with closing(HTTPResponse(wire, method=method)) as response:  # type: ignore[arg-type]  # only calls makefile
                try:
                    response.begin()
                except Overrun as error:
                    raise Refused("The headers of the answer are too long.") from error
                yield response, wire

    def _connect(self, target: Target, deadline: float) -> socket.socket:
        connection = self._connect_to_any(self._checked_addresses(target, deadline), target.port, deadline)
        if not target.is_https:
            return connection
        try:
            connection.settimeout(remaining(deadline))
            return self._tls.wrap_socket(connection, server_hostname=target.host)
        except BaseException:
            connection.close()
            raise

    def _checked_addresses(self, target: Target, deadline: float) -> list[IPv4Address | IPv6Address]:
        is_exempt = target.authority in self._allow_hosts
        if not is_exempt and target.port not in _PUBLIC_PORTS:
            raise Unacceptable("Only the ports 80 and 443 are accepted.")
        addresses = [target.literal] if target.literal is not None else self._resolver.addresses(target.host, deadline)
        # One private address among public ones is an attack or a mistake; which of them gets connected to must not be a matter of luck.
        # One message for both, or it would tell which names exist in the network that we run in.
        if not addresses:
            raise Refused(_NO_PUBLIC_ADDRESS)
        if not (is_exempt or all(map(is_public, addresses))):
            raise Unacceptable(_NO_PUBLIC_ADDRESS)
        return addresses

    def _connect_to_any(self, addresses: list[IPv4Address | IPv6Address], port: int, deadline: float) -> socket.socket:
        attempts = addresses[:_MAX_CONNECT_ATTEMPTS]
        for left in range(len(attempts), 1, -1):
            try:
                # A silent first address leaves time for the others.
                return self._dial(attempts[-left], port, remaining(deadline) / left)
            except OSError:
                continue
        return self._dial(attempts[-1], port, remaining(deadline))

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Loading the authorities takes some 20 ms: only when the first https URL comes.
        return self._given_tls or ssl.create_default_context()


@contextmanager
def _told_to_client(parameter: str, max_bytes: int | None = None) -> Iterator[None]:
    """Turn what can go wrong into the client's error: never an address, a header or a word of the other side."""
    try:
        yield
    except (BodyTooLarge, Overrun) as error:
        message = f"The image at the URL is larger than {max_bytes} bytes."
        raise ImageTooLarge(message, parameter=parameter, maximum=max_bytes) from error
    except (Refused, OSError, HTTPException) as error:
        raise FailedToTransferImage(_reason(error), parameter=parameter, final=isinstance(error, Unacceptable)) from error


def _reason(error: Exception) -> str:
    match error:
        case Refused():
            return str(error)
        case TimeoutError():
            return "The URL's host didn't answer in full in time."
        case ssl.SSLCertVerificationError():
            return "The certificate of the URL's host isn't valid for that host."
        case ssl.SSLError():
            return "No TLS connection to the URL's host could be made."
        case OSError():
            return "The connection to the URL's host failed or broke off."
        case _:
            return NOT_HTTP
