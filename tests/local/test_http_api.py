"""Routes, limits, and what API Gateway says by itself, over real connections."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from local.function import TooManyRequests
from local.http_api import HttpApi
from local.runtime_api import FunctionError
from local.server import Server
from local.template import Route

MIB = 1024 * 1024


class Echo:
    """Answers with the event; `error` or `result` instead, if set."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.result: bytes | None = None
        self.sleep_s = 0.0
        self.events: list[dict] = []

    def invoke(self, event: bytes, wait_s: float) -> bytes:
        time.sleep(self.sleep_s)
        if self.error:
            raise self.error
        self.events.append(json.loads(event))
        return self.result or event


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def server(echo: Echo) -> Iterator[Server]:
    routes = [Route("POST", "/v1", "Echo"), Route("GET", "/docs/{proxy+}", "Echo"), Route("ANY", "/any/{one}/end", "Echo")]
    server = Server(0, HttpApi(routes, {"Echo": echo}, timeout_s=1.0))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    yield connection
    connection.close()


def ask(connection, method="POST", path="/v1", body=b"", **headers):
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, response.read()


def raw(server: Server, request: bytes) -> bytes:
    """Everything that comes back until the server hangs up or says nothing more."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=1) as client:
        client.sendall(request)
        answer = b""
        try:
            while part := client.recv(65536):
                answer += part
        except TimeoutError:
            pass
        return answer


def test_a_request_goes_to_its_routes_function(connection):
    status, body = ask(connection, body=b"[]", Content_Type="application/json")
    event = json.loads(body)
    assert (status, event["routeKey"], event["body"]) == (200, "POST /v1", "[]")


def test_a_greedy_parameter_takes_the_rest_of_the_path(connection):
    _, body = ask(connection, "GET", "/docs/errors/a%20b?x=1")
    assert json.loads(body)["pathParameters"] == {"proxy": "errors/a b"}


def test_any_is_every_method(connection):
    _, body = ask(connection, "DELETE", "/any/thing/end")
    assert (json.loads(body)["routeKey"], json.loads(body)["pathParameters"]) == ("ANY /any/{one}/end", {"one": "thing"})


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1"), ("POST", "/v1/"), ("POST", "/v2"), ("GET", "/docs/"), ("GET", "/any/a/b/end"), ("POST", "/")],
)
def test_what_no_route_fits_is_not_found(connection, method, path):
    assert ask(connection, method, path) == (404, b'{"message":"Not Found"}')


def test_a_connection_serves_many_requests(connection):
    ask(connection)
    first = connection.sock
    ask(connection)
    assert connection.sock is first


def test_the_answer_to_head_has_no_body(server):
    answer = raw(server, b"HEAD /any/a/end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"\r\n\r\n")


def test_a_chunked_body_is_put_together(server, echo):
    raw(
        server,
        b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n",
    )
    assert echo.events[0]["body"] == "abcde"


def test_a_client_that_asks_first_is_told_to_continue(server, echo):
    answer = raw(
        server,
        b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\nok",
    )
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    assert echo.events[0]["body"] == "ok"


def test_a_client_that_asks_first_is_refused_10_mb_before_it_sends_them(server):
    head = f"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: {10 * MIB + 1}\r\nExpect: 100-continue\r\n\r\n"
    answer = raw(server, head.encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert answer.endswith(b'{"message":"Request Entity Too Large"}')


def test_a_body_over_10_mb_is_refused_and_the_client_can_read_why(connection):
    assert ask(connection, body=bytes(10 * MIB + 1)) == (413, b'{"message":"Request Entity Too Large"}')


def test_a_chunked_body_over_10_mb_is_refused(server):
    chunk = b"100000\r\n" + bytes(MIB) + b"\r\n"
    answer = raw(server, b"POST /v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + 11 * chunk)
    assert answer.startswith(b"HTTP/1.1 413")


def test_six_mb_is_what_lambda_takes_after_base64(connection, echo):
    echo.result = b"{}"
    assert ask(connection, body=bytes(int(4.4 * MIB)), Content_Type="image/png")[0] == 200
    assert ask(connection, body=bytes(int(4.6 * MIB)), Content_Type="image/png") == (413, b'{"message":"Request Entity Too Large"}')


def test_text_is_not_blown_up_by_base64(connection, echo):
    echo.result = b"{}"
    assert ask(connection, body=b"x" * int(5.9 * MIB), Content_Type="text/plain")[0] == 200


@pytest.mark.parametrize(
    "request_head",
    [
        b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: one\r\n\r\n",
        b"POST /v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST /v1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    ],
)
def test_a_body_without_a_length_is_a_bad_request(server, request_head):
    assert raw(server, request_head).startswith(b"HTTP/1.1 400")


def test_a_client_that_hangs_up_disturbs_nobody(server, connection):
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
    assert ask(connection)[0] == 200


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FunctionError("ValueError", "a secret"), (500, b'{"message":"Internal Server Error"}')),
        (TooManyRequests(), (503, b'{"message":"Service Unavailable"}')),
    ],
)
def test_a_functions_failure_is_answered_without_its_details(connection, echo, error, expected):
    echo.error = error
    assert ask(connection) == expected


def test_a_malformed_result_is_an_internal_error(connection, echo):
    echo.result = b'{"statusCode": 1}'
    assert ask(connection) == (500, b'{"message":"Internal Server Error"}')


def test_the_gateway_hangs_up_when_its_time_is_over(connection, echo):
    echo.sleep_s = 1.5
    assert ask(connection) == (503, b'{"message":"Service Unavailable"}')
