"""The WebSocket API on this machine: connections to functions, and the management API that functions answer by."""

import contextlib
import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Lock, Thread
from typing import Any, Final
from urllib.parse import unquote

from local.children import Stopping
from local.function import TooManyRequests
from local.http_api import Invokable, gateway_message, invoke_within
from local.payload import HttpRequest, HttpResponse
from local.runtime_api import FunctionError
from local.template import SocketApi
from local.websocket_connection import Gone, Limits, Over, SocketConnection
from local.websocket_events import Peer, connect_event, disconnect_event, message_event

_SIGNED: Final = re.compile(r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/[a-z0-9-]+/execute-api/aws4_request,")
_SUCCESS: Final = range(200, 300)


class Refused(Exception):
    """The connection isn't accepted; this is the answer."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(frozen=True, slots=True)
class _Open:
    peer: Peer
    connection: SocketConnection


class WebSocketApi:
    """A connection's whole way: event, function, accepted; each message an event; what functions send, to the client."""

    def __init__(self, api: SocketApi, functions: Mapping[str, Invokable], limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._stage = api.stage
        self._functions = {key: functions[name] for key, name in api.routes.items()}
        self._lock = Lock()
        self._open: dict[str, _Open] = {}
        self._management = re.compile(rf"/{re.escape(api.stage)}/@connections/([^/?]+)")

    def welcome(self, request: HttpRequest) -> Peer:
        """Ask the function behind `$connect` about a client that would upgrade.

        Raises:
            Refused
        """
        path = request.target.partition("?")[0]
        if path.rstrip("/") != f"/{self._stage}":
            raise Refused(gateway_message(HTTPStatus.FORBIDDEN))
        peer = Peer(request, self._stage, _now_ms())
        function = self._functions.get("$connect")
        if function:
            try:
                result = json.loads(self._invoke(function, connect_event(peer, _now_ms())))
                status = int(result["statusCode"])
            except (FunctionError, TooManyRequests, Stopping, TimeoutError, ValueError, TypeError, KeyError) as error:
                _print(f"$connect: {error!r}")
                raise Refused(gateway_message(HTTPStatus.BAD_GATEWAY)) from error
            if status not in _SUCCESS:
                raise Refused(gateway_message(HTTPStatus(status)))
        return peer

    def serve(self, peer: Peer, connection: SocketConnection) -> None:
        """From the moment that a client was accepted to its end, which may take two hours."""
        with self._lock:
            self._open[peer.connection_id] = _Open(peer, connection)
        _print(f"WebSocket {peer.connection_id} opened")
        try:
            for body in connection.messages():
                # As in the cloud, messages overtake each other.
                Thread(target=self._deliver, args=(peer, connection, body), daemon=True).start()
        except Over as over:
            with self._lock:
                del self._open[peer.connection_id]
            _print(f"WebSocket {peer.connection_id} closed: {over.code} {over.reason}")
            self._tell_of_end(peer, over)

    def _deliver(self, peer: Peer, connection: SocketConnection, body: str) -> None:
        event = message_event(peer, "$default", body, _now_ms())
        start = time.monotonic()
        function = self._functions.get("$default")
        trouble = None if function else "Forbidden"
        try:
            if function:
                self._invoke(function, event)
        except (TooManyRequests, Stopping, TimeoutError):
            trouble = "Endpoint request timed out"
        except FunctionError as error:
            _print(f"$default: {error}")
            trouble = "Internal server error"
        if trouble:
            names = {"connectionId": peer.connection_id, "requestId": event["requestContext"]["requestId"]}
            with contextlib.suppress(Gone):
                connection.send(json.dumps({"message": trouble, **names}, separators=(",", ":")))
        _print(f"WebSocket {peer.connection_id} {len(body)} characters {trouble or 'done'} {time.monotonic() - start:.2f} s")

    def _tell_of_end(self, peer: Peer, over: Over) -> None:
        function = self._functions.get("$disconnect")
        try:
            if function:
                self._invoke(function, disconnect_event(peer, over.code, over.reason, _now_ms()))
        except (FunctionError, TooManyRequests, Stopping, TimeoutError) as error:
            _print(f"$disconnect: {error!r}")

    def _invoke(self, function: Invokable, event: Mapping[str, Any]) -> bytes:
        return invoke_within(function, json.dumps(event).encode(), self.limits.integration_s)

    def connection_ids(self) -> set[str]:
        """Those that are open."""
        with self._lock:
            return set(self._open)

    def manages(self, target: str) -> bool:
        """Whether a request is for the management API."""
        return self._management.fullmatch(target.partition("?")[0]) is not None

    def manage(self, request: HttpRequest) -> HttpResponse:
        """`@connections`: POST sends, GET tells, DELETE closes. Only signed requests pass; whose signature it is doesn't matter here.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
        """
        found = self._management.fullmatch(request.target.partition("?")[0])
        signatures = [value for name, value in request.headers if name.lower() == "authorization"]
        if not found or not any(_SIGNED.match(signature) for signature in signatures):
            return _error(HTTPStatus.FORBIDDEN, "MissingAuthenticationTokenException", "Missing Authentication Token")
        with self._lock:
            known = self._open.get(unquote(found[1]))
        try:
            return self._manage(request, known)
        except Gone:
            return _error(HTTPStatus.GONE, "GoneException", None)

    def _manage(self, request: HttpRequest, known: _Open | None) -> HttpResponse:
        if request.method == "POST" and len(request.body) > self.limits.message_bytes:
            return _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PayloadTooLargeException", "Message too long")
        if known is None:
            raise Gone
        match request.method:
            case "POST":
                known.connection.send(request.body.decode(errors="replace"))
                return HttpResponse(HTTPStatus.OK, (), b"")
            case "GET":
                return HttpResponse(HTTPStatus.OK, (("content-type", "application/json"),), _described(known))
            case "DELETE":
                known.connection.close(1000, "Connection Closed Normally")
                return HttpResponse(HTTPStatus.NO_CONTENT, (), b"")
            case _:
                return _error(HTTPStatus.FORBIDDEN, "MissingAuthenticationTokenException", "Missing Authentication Token")


def _described(known: _Open) -> bytes:
    idle_s = time.monotonic() - known.connection.last_active
    times = {"connectedAt": known.peer.connected_ms / 1000, "lastActiveAt": time.time() - idle_s}
    identity = {"sourceIp": known.peer.request.source_ip, "userAgent": known.peer.user_agent}
    described = {name: datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") for name, at in times.items()}
    return json.dumps({**described, "identity": identity}).encode()


def _error(status: HTTPStatus, kind: str, message: str | None) -> HttpResponse:
    """In the words from which AWS's SDKs make an exception."""
    body = json.dumps({"message": message}).encode() if message else b""
    return HttpResponse(status, (("content-type", "application/json"), ("x-amzn-errortype", kind)), body)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
