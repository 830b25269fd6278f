"""A socket that obeys one deadline and one byte allowance, whatever protocol code reads from it."""

import io
import socket
import time
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

Dial = Callable[[IPv4Address | IPv6Address, int, float], socket.socket]
"""Connects to an address and port within so many seconds, or raises OSError."""

_READ_BUFFER_BYTES: Final = 64 * 1024


class Overrun(Exception):
    """The other side sent more bytes than it was allowed to."""


def remaining(deadline: float) -> float:
    """Seconds until `deadline` (of `time.monotonic`); raises TimeoutError once there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def dial(address: IPv4Address | IPv6Address, port: int, timeout_s: float) -> socket.socket:
    """Connect to exactly this address: no name, so that nothing is resolved a second time."""
    connection = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)  # noqa: PLR2004
    try:
        connection.settimeout(timeout_s)
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


class Wire(io.RawIOBase):
    """The raw stream under an HTTP exchange.

    A socket's own time-out starts anew with each byte that drips in, and http.client has no limit on a head of many lines, on trailers,
    or on a chunk of size -1. Here every read and write gets only what is left of the time, and all reads together only what was allowed.
    Has the two methods that http.client asks of a socket, `sendall` and `makefile`. Closing the socket is left to whoever opened it.
    """

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        super().__init__()
        self._connection = connection
        self._deadline = deadline
        self._allowance = 0

    def allow(self, count: int) -> None:
        """Let the other side send `count` bytes more."""
        self._allowance += count

    def sendall(self, content: "ReadableBuffer") -> None:
        rest = memoryview(content)
        while rest:
            self._connection.settimeout(remaining(self._deadline))
            rest = rest[self._connection.send(rest) :]

    def makefile(self, mode: Literal["rb"]) -> io.BufferedReader:  # noqa: ARG002 - the signature is http.client's
        return io.BufferedReader(self, _READ_BUFFER_BYTES)

    def readable(self) -> bool:
        return True

    def readinto(self, target: "WriteableBuffer") -> int:
        if self._allowance == 0:
            raise Overrun
        self._connection.settimeout(remaining(self._deadline))
        count = self._connection.recv_into(memoryview(target)[: self._allowance])
        self._allowance -= count
        return count
