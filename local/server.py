"""HTTP/1.1 in front of both APIs: keep-alive, chunked bodies, `Expect: 100-continue`, upgrades to WebSocket, and API Gateway's limit on
a request.
"""

import contextlib
import re
import socketserver
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection
from wsproto.utilities import RemoteProtocolError

from local.http_api import HttpApi, gateway_message
from local.payload import HttpRequest, HttpResponse
from local.websocket_api import Refused, WebSocketApi
from local.websocket_connection import SocketConnection

MAX_REQUEST_BYTES: Final = 10 * 1024 * 1024
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""

_DRAIN_BYTES: Final = 8 * MAX_REQUEST_BYTES
_DRAIN_S: Final = 5.0


class RequestTooLarge(Exception):
    """The body is over MAX_REQUEST_BYTES."""


class BadRequest(Exception):
    """The body can't be read: wrong framing, or the client hung up in the middle of it."""


class Server(ThreadingHTTPServer):
    """Serves an HTTP API, and a WebSocket API beside it, on 127.0.0.1; port 0 takes any that is free."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, api: HttpApi, sockets: WebSocketApi | None = None) -> None:
        self.api = api
        self.sockets = sockets
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # The base class also looks its own name up, which takes seconds where DNS is slow.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    # One packet a response, sent at once.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60

    def _serve(self) -> None:
        start = time.monotonic()
        if self.server.sockets and self.headers.get("Upgrade", "").lower() == "websocket":
            self._upgrade(self.server.sockets)
            return
        try:
            request = self._request(self._body())
        except RequestTooLarge:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            self._drain()
        except BadRequest:
            self._refuse(HTTPStatus.BAD_REQUEST)
        else:
            response = self._respond(request)
            self._send(response)
            path = self.path.partition("?")[0]
            print(f"{self.command} {path} {response.status} {time.monotonic() - start:.2f} s", file=sys.stderr, flush=True)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815 - the base class's names

    def _request(self, body: bytes) -> HttpRequest:
        return HttpRequest(
            method=self.command,
            target=self.path,
            protocol=self.request_version,
            source_ip=str(self.client_address[0]),
            headers=tuple(self.headers.items()),
            body=body,
        )

    def _respond(self, request: HttpRequest) -> HttpResponse:
        if self.server.sockets and self.server.sockets.manages(request.target):
            return self.server.sockets.manage(request)
        return self.server.api.respond(request)

    def _upgrade(self, sockets: WebSocketApi) -> None:
        """The connection is a WebSocket from here on, or closed."""
        self.close_connection = True
        # No extensions: API Gateway negotiates none either, compression included.
        protocol = WSConnection(ConnectionType.SERVER)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        try:
            protocol.initiate_upgrade_connection(headers, self.path)
            next(protocol.events())
            peer = sockets.welcome(self._request(b""))
        except RemoteProtocolError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        except Refused as refused:
            self._send(refused.response)
        else:
            self.connection.sendall(protocol.send(AcceptConnection()))
            sockets.serve(peer, SocketConnection(self.connection, protocol, sockets.limits))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunked_body()
        length = self._content_length()
        if length > MAX_REQUEST_BYTES:
            raise RequestTooLarge
        return self._exactly(length)

    def _content_length(self) -> int:
        text = self.headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdigit()):
            raise BadRequest
        return int(text)

    def _chunked_body(self) -> bytes:
        body = bytearray()
        while size := self._chunk_size():
            if len(body) + size > MAX_REQUEST_BYTES:
                raise RequestTooLarge
            body += self._exactly(size)
            self._line()
        while self._line():
            pass  # trailers
        return bytes(body)

    def _chunk_size(self) -> int:
        digits = self._line().partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9a-fA-F]{1,8}", digits):
            raise BadRequest
        return int(digits, 16)

    def _line(self) -> bytes:
        line = self.rfile.readline(1024)
        if not line.endswith(b"\n"):
            raise BadRequest
        return line.rstrip(b"\r\n")

    def _exactly(self, length: int) -> bytes:
        body = self.rfile.read(length)
        if len(body) < length:
            raise BadRequest
        return body

    def handle_expect_100(self) -> bool:
        length = self.headers.get("Content-Length", "0")
        if length.isdigit() and int(length) > MAX_REQUEST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return False
        return super().handle_expect_100()

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._send(gateway_message(status))

    def _send(self, response: HttpResponse) -> None:
        self.send_response_only(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        self.send_header("date", self.date_time_string())
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def _drain(self) -> None:
        """Read on for a while: a client that is still sending would take a closed connection for an error and miss the answer."""
        end = time.monotonic() + _DRAIN_S
        left = _DRAIN_BYTES
        self.connection.settimeout(1.0)
        with contextlib.suppress(OSError):
            while left > 0 and time.monotonic() < end and (read := len(self.rfile.read1(65536))):
                left -= read

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Nothing: `_serve` prints a line of its own."""
