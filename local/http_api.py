"""The HTTP API on this machine: routes to functions, with API Gateway's limits and API Gateway's answers to what goes wrong."""

import json
import re
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from http import HTTPStatus
from threading import Thread
from typing import Final, Protocol
from urllib.parse import unquote
from uuid import uuid4

from local.children import Stopping
from local.function import TooManyRequests
from local.payload import HttpRequest, HttpResponse, MalformedResult, to_event, to_response
from local.runtime_api import FunctionError
from local.template import Route

INTEGRATION_TIMEOUT_S: Final = 30.0
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""
MAX_EVENT_BYTES: Final = 6_291_456
"""Lambda's 6 MB, to the byte as its own error message has it: "Request must be smaller than 6291456 bytes" """


class Invokable(Protocol):
    """A function, as far as the HTTP API is concerned."""

    def invoke(self, event: bytes, wait_s: float) -> bytes: ...


class HttpApi:
    """A request's whole way: route, event, function, response."""

    def __init__(
        self, routes: Sequence[Route], functions: Mapping[str, Invokable], timeout_s: float = INTEGRATION_TIMEOUT_S
    ) -> None:
        self._routes = [(route, _pattern(route.path)) for route in routes]
        self._functions = functions
        self._timeout_s = timeout_s

    def respond(self, request: HttpRequest) -> HttpResponse:
        now, request_id = time.time(), str(uuid4())
        found = self._find(request)
        if not found:
            return gateway_message(HTTPStatus.NOT_FOUND)
        route, parameters = found
        event = json.dumps(to_event(request, f"{route.method} {route.path}", parameters, request_id, now)).encode()
        if len(event) > MAX_EVENT_BYTES:
            return gateway_message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            return to_response(invoke_within(self._functions[route.function], event, self._timeout_s))
        except (TooManyRequests, Stopping, TimeoutError):
            return gateway_message(HTTPStatus.SERVICE_UNAVAILABLE)
        except (FunctionError, MalformedResult) as error:
            print(f"{route.function}: {error}", file=sys.stderr, flush=True)
            return gateway_message(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _find(self, request: HttpRequest) -> tuple[Route, dict[str, str]] | None:
        path = unquote(request.target.partition("?")[0])
        for route, pattern in self._routes:
            match = pattern.fullmatch(path)
            if match and route.method in {request.method, "ANY"}:
                return route, match.groupdict()
        return None


def invoke_within(function: Invokable, event: bytes, timeout_s: float) -> bytes:
    """As API Gateway does, hang up when the time is over; the function isn't told, and goes on.

    Raises:
        TimeoutError: it is over.
        FunctionError, TooManyRequests, Stopping: as the function has it.
    """
    result: Future[bytes] = Future()

    def invoke() -> None:
        try:
            result.set_result(function.invoke(event, timeout_s))
        except Exception as error:  # noqa: BLE001 - it is raised again where the result is waited for
            result.set_exception(error)

    Thread(target=invoke, daemon=True).start()
    return result.result(timeout_s)


def _pattern(path: str) -> re.Pattern[str]:
    """`{name}` stands for one segment, `{name+}` for all that are left."""
    parts = re.split(r"\{(\w+)(\+?)\}", path)
    pattern = re.escape(parts[0])
    for name, greedy, literal in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        pattern += f"(?P<{name}>{'.+' if greedy else '[^/]+'}){re.escape(literal)}"
    return re.compile(pattern)


_MESSAGES: Final = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large"}


def gateway_message(status: HTTPStatus) -> HttpResponse:
    """What API Gateway says by itself: `{"message": ...}`."""
    body = json.dumps({"message": _MESSAGES.get(status, status.phrase)}, separators=(",", ":")).encode()
    return HttpResponse(status, (("content-type", "application/json"),), body)
