"""One WebSocket connection (RFC 6455) with API Gateway's limits. The protocol is wsproto's; here are the socket and the clock.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
"""

import contextlib
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from wsproto import WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

SEND_LIMIT_S: Final = 10.0
"""How long a client may take none of what is sent to it."""
DRAIN_S: Final = 2.0
_CHARACTERS_A_FRAME: Final = 8192
"""At most four bytes each: 32 KB."""


@dataclass(frozen=True, slots=True)
class Limits:
    """API Gateway's quotas."""

    frame_bytes: int = 32 * 1024
    message_bytes: int = 128 * 1024
    idle_s: float = 600.0
    life_s: float = 7200.0
    integration_s: float = 29.0


class Gone(Exception):
    """The connection has ended."""


class Over(Exception):
    """The connection is to be closed, with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Assembly:
    """Messages from what arrives of them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._frame_bytes = self._message_bytes = 0

    def add(self, event: TextMessage) -> str | None:
        """The message, when this was the last of it.

        Raises:
            Over: a frame or the message is too large.
        """
        size = len(event.data.encode())
        self._frame_bytes += size
        self._message_bytes += size
        if self._frame_bytes > self._limits.frame_bytes or self._message_bytes > self._limits.message_bytes:
            raise Over(CloseReason.MESSAGE_TOO_BIG, "Message too long")
        self._parts.append(event.data)
        if event.frame_finished:
            self._frame_bytes = 0
        if not event.message_finished:
            return None
        message = "".join(self._parts)
        self._parts, self._message_bytes = [], 0
        return message


class SocketConnection:
    """The server's end of a connection that has been accepted."""

    def __init__(self, stream: socket.socket, protocol: WSConnection, limits: Limits) -> None:
        self._stream = stream
        self._protocol = protocol
        self._limits = limits
        self._lock = Lock()
        self.last_active = time.monotonic()
        self._ends = self.last_active + limits.life_s
        self._closed_by_us: Over | None = None
        stream.settimeout(SEND_LIMIT_S)

    def messages(self) -> Iterator[str]:
        """Each whole text message, as it comes.

        Raises:
            Over: the connection has ended, and how. Nothing can be sent any more.
        """
        assembly = _Assembly(self._limits)
        try:
            for event in self._events():
                match event:
                    case TextMessage() if not self._closed_by_us:
                        if (message := assembly.add(event)) is not None:
                            yield message
                    case BytesMessage():
                        self.close(CloseReason.UNSUPPORTED_DATA, "Binary frames are not supported")
                    case Ping():
                        self._answer(event.response())
                    case CloseConnection():
                        self._end(event)
        except Over as over:
            self.close(over.code, over.reason)
            self._drain()
            raise

    def send(self, text: str) -> None:
        """Raises:
        Gone
        """
        size = _CHARACTERS_A_FRAME if len(text) > _CHARACTERS_A_FRAME else len(text) or 1
        parts = [text[start : start + size] for start in range(0, len(text), size)] or [""]
        with self._lock:
            if self._protocol.state is not ConnectionState.OPEN:
                raise Gone
            for number, part in enumerate(parts, 1):
                self._write(TextMessage(part, message_finished=number == len(parts)))
        self.last_active = time.monotonic()

    def close(self, code: int, reason: str) -> None:
        """Begin to end it, if it hasn't ended: the reader learns of it from the client's answer, or from its silence."""
        with self._lock:
            if self._protocol.state is ConnectionState.OPEN:
                self._closed_by_us = Over(code, reason)
                self._ends = time.monotonic() + DRAIN_S
                with contextlib.suppress(Gone):
                    self._write(CloseConnection(code, reason))

    def _events(self) -> Iterator[Event]:
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream, selectors.EVENT_READ)
            while True:
                data = self._read(selector)
                with self._lock:
                    self._protocol.receive_data(data or None)
                    events = list(self._protocol.events())
                self.last_active = time.monotonic()
                yield from events

    def _read(self, selector: selectors.BaseSelector) -> bytes:
        """Something, or nothing where the client has hung up."""
        while True:
            left_s = min(self.last_active + self._limits.idle_s, self._ends) - time.monotonic()
            # In pieces: what is sent meanwhile postpones the end.
            if left_s > 0 and selector.select(min(left_s, 1.0)):
                try:
                    return self._stream.recv(65536)
                except OSError:
                    return b""
            if left_s <= 0:
                raise self._closed_by_us or Over(CloseReason.GOING_AWAY, "Going away")

    def _answer(self, event: Event) -> None:
        with self._lock, contextlib.suppress(Gone, LocalProtocolError):
            self._write(event)

    def _end(self, event: CloseConnection) -> None:
        """The client closes, or answers our closing, or has hung up."""
        if self._protocol.state is ConnectionState.REMOTE_CLOSING:
            self._answer(event.response())
        unset = event.code == CloseReason.NO_STATUS_RCVD
        reason = "Client-side close frame status not set" if unset else event.reason or ""
        raise self._closed_by_us or Over(event.code, reason)

    def _write(self, event: Event) -> None:
        try:
            self._stream.sendall(self._protocol.send(event))
        except OSError as error:
            raise Gone from error

    def _drain(self) -> None:
        """Read on for a while: a client that is still sending would take a reset for an error and miss the reason."""
        end = time.monotonic() + DRAIN_S
        with contextlib.suppress(OSError):
            self._stream.shutdown(socket.SHUT_WR)
            self._stream.settimeout(DRAIN_S)
            while time.monotonic() < end and self._stream.recv(65536):
                pass
