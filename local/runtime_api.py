"""Lambda's Runtime API for one worker: where AWS's runtime client fetches invocations and leaves their results.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import re
import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, Final
from uuid import uuid4

MAX_RESPONSE_BYTES: Final = 6_291_556
"""What Lambda carries back from a synchronous invocation."""

_RESULT_PATH = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")


class FunctionError(Exception):
    """The function failed: it raised, crashed, ran out of time, or answered too much."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


@dataclass(slots=True)
class Invocation:
    """One event on its way through a worker."""

    event: bytes
    timeout_s: float
    request_id: str = field(default_factory=lambda: str(uuid4()))
    taken: Future[None] = field(default_factory=Future)
    """Set when the worker has fetched it: only now does its time run"""
    result: Future[bytes] = field(default_factory=Future)

    def fail(self, error: FunctionError) -> None:
        for future in (self.taken, self.result):
            _settle(future, error)


def _settle(future: Future[Any], value: object) -> None:
    """Set a result or an exception, unless one is there: a worker may die just after it has answered."""
    try:
        if isinstance(value, Exception):
            future.set_exception(value)
        else:
            future.set_result(value)
    except InvalidStateError:
        pass


class RuntimeApi(ThreadingHTTPServer):
    """Listens on a port of its own, since the client tells nothing of who it is."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, function_arn: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.function_arn = function_arn
        self.init_error: FunctionError | None = None
        self._waiting: SimpleQueue[Invocation | None] = SimpleQueue()
        self._lock = Lock()
        self._at_work: dict[str, Invocation] = {}
        self._ended: FunctionError | None = None
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def offer(self, invocation: Invocation) -> None:
        """Queue an invocation; it fails at once if the worker is gone already."""
        with self._lock:
            if self._ended:
                invocation.fail(self._ended)
                return
            self._at_work[invocation.request_id] = invocation
        self._waiting.put(invocation)

    def next(self) -> Invocation | None:
        """Waits for the next invocation; None: there won't be one."""
        invocation = self._waiting.get()
        if invocation:
            _settle(invocation.taken, None)
        return invocation

    def settle(self, request_id: str, value: bytes | FunctionError) -> bool:
        """Deliver a result; False: nobody waits for it."""
        with self._lock:
            invocation = self._at_work.pop(request_id, None)
        if invocation:
            _settle(invocation.result, value)
        return invocation is not None

    def close(self, error: FunctionError) -> None:
        """The worker is gone: what it was at fails, with the reason it gave itself if it did."""
        with self._lock:
            self._ended = self.init_error or error
            left, self._at_work = list(self._at_work.values()), {}
        for invocation in left:
            invocation.fail(self._ended)
        self._waiting.put(None)
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    # One packet an answer, sent at once: with many small ones, Nagle's algorithm costs 40 ms a call.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path != "/2018-06-01/runtime/invocation/next":
            self._answer(HTTPStatus.NOT_FOUND, {"errorMessage": "Not found"})
            return
        invocation = self.server.next()
        if not invocation:
            self.close_connection = True
            return
        deadline_ms = int((time.time() + invocation.timeout_s) * 1000)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(invocation.event)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.request_id)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(deadline_ms))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", self.server.function_arn)
        self.send_header("Lambda-Runtime-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid4().hex[:24]};Sampled=0")
        self.end_headers()
        self.wfile.write(invocation.event)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/2018-06-01/runtime/init/error":
            self.server.init_error = _function_error(body)
            self._answer(HTTPStatus.ACCEPTED, {"status": "OK"})
            return
        found = _RESULT_PATH.fullmatch(self.path)
        if not found:
            self._answer(HTTPStatus.NOT_FOUND, {"errorMessage": "Not found"})
            return
        if found[2] == "error":
            result: bytes | FunctionError = _function_error(body)
        elif len(body) > MAX_RESPONSE_BYTES:
            message = (
                f"Response payload size ({len(body)} bytes) exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
            )
            result = FunctionError("Function.ResponseSizeTooLarge", message)
        else:
            result = body
        known = self.server.settle(found[1], result)
        self._answer(HTTPStatus.ACCEPTED if known else HTTPStatus.BAD_REQUEST, {"status": "OK" if known else "InvalidRequestID"})

    def _answer(self, status: HTTPStatus, body: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing: the front logs each request."""


def _function_error(body: bytes) -> FunctionError:
    try:
        report = json.loads(body)
    except ValueError:
        report = {}
    return FunctionError(str(report.get("errorType", "Runtime.Unknown")), str(report.get("errorMessage", body[:1000])))
