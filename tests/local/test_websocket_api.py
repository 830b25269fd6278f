"""Connections, limits and the management API, over real connections: an independent client on one side, AWS's SDK on the other."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Queue
from threading import Thread
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.function import TooManyRequests
from local.http_api import HttpApi
from local.runtime_api import FunctionError
from local.server import Server
from local.template import SocketApi
from local.websocket_api import WebSocketApi
from local.websocket_connection import Limits

KB = 1024
WITHIN_S = 10


class Recorder:
    """A function that keeps its events; `result` or `error` is what becomes of them."""

    def __init__(self) -> None:
        self.events: Queue[dict] = Queue()
        self.result = b'{"statusCode": 200}'
        self.error: Exception | None = None
        self.sleep_s = 0.0
        self.hook: Callable[[dict], None] = lambda event: None

    def invoke(self, event: bytes, wait_s: float) -> bytes:
        self.events.put(json.loads(event))
        self.hook(json.loads(event))
        time.sleep(self.sleep_s)
        if self.error:
            raise self.error
        return self.result

    def next(self) -> dict:
        return self.events.get(timeout=WITHIN_S)


@pytest.fixture
def functions() -> SimpleNamespace:
    return SimpleNamespace(connect=Recorder(), message=Recorder(), disconnect=Recorder())


@pytest.fixture
def serve(functions) -> Iterator[Callable[..., Server]]:
    started = []

    def serve(**limits: float) -> Server:
        routes = {"$connect": "connect", "$default": "message", "$disconnect": "disconnect"}
        sockets = WebSocketApi(SocketApi("v1", routes), vars(functions), Limits(**limits))
        server = Server(0, HttpApi([], {}), sockets)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        started.append(server)
        return server

    yield serve
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def server(serve) -> Server:
    return serve()


def url(server: Server, path: str = "/v1") -> str:
    return f"ws://127.0.0.1:{server.server_port}{path}"


def opened(server: Server, path: str = "/v1", **options: object) -> ClientConnection:
    return connect(url(server, path), proxy=None, **options)


@pytest.fixture
def client(server) -> Iterator[ClientConnection]:
    with opened(server, "/v1?sdk=js&version=1", additional_headers={"X-Colour": "blue"}) as client:
        yield client


@pytest.fixture
def connection_id(client, functions) -> str:
    return functions.connect.next()["requestContext"]["connectionId"]


@pytest.fixture
def management(server):
    """As the functions have it: the SDK's client with the stage in its endpoint."""
    return boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=f"http://127.0.0.1:{server.server_port}/v1",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def closed(client: ClientConnection) -> tuple[int, str]:
    """How the server ends it."""
    with pytest.raises(ConnectionClosed) as ended:
        client.recv(timeout=WITHIN_S)
    assert ended.value.rcvd
    return ended.value.rcvd.code, ended.value.rcvd.reason


def test_a_client_is_asked_about_before_it_is_accepted(client, functions):
    event = functions.connect.next()
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"], context["stage"]) == ("$connect", "CONNECT", "v1")
    assert event["queryStringParameters"] == {"sdk": "js", "version": "1"}
    assert event["headers"]["X-Colour"] == "blue"


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1?sdk=js"])
def test_the_stage_is_the_path(server, path):
    with opened(server, path) as client:
        assert client.ping().wait(WITHIN_S)


@pytest.mark.parametrize("path", ["/", "/v2", "/v1/more"])
def test_another_path_is_forbidden(server, path):
    with pytest.raises(InvalidStatus) as refused:
        opened(server, path)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    ("result", "error", "status"),
    [
        (b'{"statusCode": 401}', None, 401),
        (b"{}", None, 502),
        (b"null", None, 502),
        (b"{}", FunctionError("ValueError", "a secret"), 502),
        (b"{}", TooManyRequests(), 502),
    ],
)
def test_who_is_not_accepted_gets_a_status(server, functions, result, error, status):
    functions.connect.result, functions.connect.error = result, error
    with pytest.raises(InvalidStatus) as refused:
        opened(server)
    assert refused.value.response.status_code == status
    assert b"secret" not in (refused.value.response.body or b"")


def test_a_message_is_an_event(client, functions, connection_id):
    client.send("[Grüße]")
    event = functions.message.next()
    context = event["requestContext"]
    assert (event["body"], event["isBase64Encoded"]) == ("[Grüße]", False)
    assert (context["routeKey"], context["eventType"], context["connectionId"]) == ("$default", "MESSAGE", connection_id)


def test_what_the_function_returns_goes_to_nobody(client, functions):
    functions.message.result = b'{"statusCode": 200, "body": "nobody reads this"}'
    client.send("[]")
    functions.message.next()
    with pytest.raises(TimeoutError):
        client.recv(timeout=0.3)


def test_a_message_may_come_in_frames_of_32_kb(client, functions):
    parts = ["é" * (16 * KB)] * 4
    client.send(iter(parts))
    assert functions.message.next()["body"] == "".join(parts)


@pytest.mark.parametrize(
    "parts", [["x" * (32 * KB + 1)], ["x" * (32 * KB)] * 4 + ["x"], ["x", "é" * (16 * KB) + "x"], ["x" * 900 * KB]]
)
def test_a_frame_over_32_kb_or_a_message_over_128_is_the_end_of_the_connection(client, functions, parts):
    # It may hear of the end while it is still sending.
    with suppress(ConnectionClosed):
        client.send(iter(parts))
    assert closed(client) == (1009, "Message too long")
    assert functions.message.events.empty()
    assert functions.disconnect.next()["requestContext"]["disconnectStatusCode"] == 1009


def test_a_binary_frame_is_the_end_of_the_connection(client):
    client.send(b"[]")
    assert closed(client)[0] == 1003


@pytest.mark.parametrize(("limits"), [{"idle_s": 0.3}, {"life_s": 0.3}])
def test_a_connection_ends_when_nothing_comes_or_its_time_is_over(serve, limits):
    with opened(serve(**limits)) as client:
        assert closed(client) == (1001, "Going away")


def test_what_is_sent_either_way_keeps_a_connection(serve):
    with opened(serve(idle_s=0.6)) as client:
        for _ in range(5):
            time.sleep(0.2)
            assert client.ping().wait(WITHIN_S)


@pytest.mark.parametrize("code", [1000, 3000])
def test_the_function_learns_how_a_connection_ended(server, functions, code):
    with opened(server) as client:
        client.close(code, "bye")
    context = functions.disconnect.next()["requestContext"]
    assert (context["eventType"], context["disconnectStatusCode"], context["disconnectReason"]) == ("DISCONNECT", code, "bye")


def test_the_function_learns_of_a_client_that_just_vanished(server, functions, client):
    client.socket.shutdown(socket.SHUT_RDWR)
    assert functions.disconnect.next()["requestContext"]["disconnectStatusCode"] == 1006


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FunctionError("ValueError", "a secret"), "Internal server error"),
        (TooManyRequests(), "Endpoint request timed out"),
    ],
)
def test_a_functions_failure_is_told_without_its_details(client, functions, connection_id, error, message):
    functions.message.error = error
    client.send("[]")
    told = json.loads(client.recv(timeout=WITHIN_S))
    assert (told["message"], told["connectionId"]) == (message, connection_id)
    assert "secret" not in str(told)


def test_the_gateway_waits_for_29_seconds_and_no_longer(serve, functions):
    functions.message.sleep_s = 1.0
    with opened(serve(integration_s=0.2)) as client:
        client.send("[]")
        assert json.loads(client.recv(timeout=WITHIN_S))["message"] == "Endpoint request timed out"


def test_messages_do_not_wait_for_each_other(client, functions, management, connection_id):
    def answer(event):
        time.sleep(0.5 if event["body"] == "slow" else 0)
        management.post_to_connection(ConnectionId=connection_id, Data=event["body"].encode())

    functions.message.hook = answer
    client.send("slow")
    client.send("quick")
    assert [client.recv(timeout=WITHIN_S) for _ in range(2)] == ["quick", "slow"]


def test_a_function_sends_by_the_management_api(client, management, connection_id):
    management.post_to_connection(ConnectionId=connection_id, Data='{"data":"é"}'.encode())
    assert client.recv(timeout=WITHIN_S) == '{"data":"é"}'


def test_128_kb_can_be_sent_and_arrive_in_frames_of_32(client, management, connection_id):
    management.post_to_connection(ConnectionId=connection_id, Data=b"x" * 128 * KB)
    parts = list(client.recv_streaming())
    assert (len("".join(parts)), max(len(part) for part in parts) <= 32 * KB) == (128 * KB, True)


def test_over_128_kb_is_refused_and_the_connection_stays(client, management, connection_id):
    with pytest.raises(management.exceptions.PayloadTooLargeException):
        management.post_to_connection(ConnectionId=connection_id, Data=b"x" * (128 * KB + 1))
    assert client.ping().wait(WITHIN_S)


def test_a_connection_is_not_there_before_it_is_accepted(server, functions, management):
    failures = []

    def too_early(event):
        try:
            management.post_to_connection(ConnectionId=event["requestContext"]["connectionId"], Data=b"x")
        except management.exceptions.GoneException as gone:
            failures.append(gone)

    functions.connect.hook = too_early
    with opened(server):
        assert len(failures) == 1


@pytest.mark.parametrize("operation", ["get_connection", "delete_connection"])
def test_a_connection_that_has_ended_is_gone(client, functions, management, connection_id, operation):
    client.close()
    functions.disconnect.next()
    with pytest.raises(management.exceptions.GoneException):
        getattr(management, operation)(ConnectionId=connection_id)
    with pytest.raises(management.exceptions.GoneException):
        management.post_to_connection(ConnectionId=connection_id, Data=b"x")


def test_a_function_is_told_of_a_connection(client, management, connection_id):
    told = management.get_connection(ConnectionId=connection_id)
    assert told["Identity"]["SourceIp"] == "127.0.0.1"
    assert told["ConnectedAt"] <= told["LastActiveAt"]


def test_a_function_can_end_a_connection(client, functions, management, connection_id):
    management.delete_connection(ConnectionId=connection_id)
    assert closed(client)[0] == 1000
    assert functions.disconnect.next()["requestContext"]["connectionId"] == connection_id


def test_a_connection_that_is_ended_takes_no_more_messages(server, functions, management):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=WITHIN_S) as deaf:
        head = "GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        deaf.sendall(f"{head}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        assert deaf.recv(4096).startswith(b"HTTP/1.1 101")
        management.delete_connection(ConnectionId=functions.connect.next()["requestContext"]["connectionId"])
        deaf.sendall(b"\x81\x82\x00\x00\x00\x00[]")
        assert functions.disconnect.next()["requestContext"]["disconnectStatusCode"] == 1000
    assert functions.message.events.empty()


def test_the_management_api_takes_signed_requests_only(server, connection_id):
    request = urllib.request.Request(f"http://127.0.0.1:{server.server_port}/v1/@connections/{connection_id}")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
    with refused.value as answer:
        assert (answer.code, json.loads(answer.read())) == (403, {"message": "Missing Authentication Token"})


@pytest.mark.parametrize(
    "headers", ["Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 8\r\n"]
)
def test_a_handshake_that_is_none_is_a_bad_request(server, headers):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=WITHIN_S) as client:
        client.sendall(f"GET /v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{headers}\r\n".encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 400")
