"""WebSocket connections, in memory and over the management API of the local front."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Thread
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from cutout.adapters.sockets import ApiGatewayConnections, management_client
from cutout.domain.errors import ServiceUnavailable
from cutout.service.sessions import Connections
from local.http_api import HttpApi
from local.server import Server
from local.template import SocketApi
from local.websocket_api import WebSocketApi
from tests.fakes.sessions import MemoryConnections

WITHIN_S = 10


@dataclass
class World:
    """`open` gives a new connection's id; `frames` what has arrived there, `closed` whether it is at an end."""

    connections: Connections
    open: Callable[[], str]
    frames: Callable[[str, int], list[str]]
    closed: Callable[[str], bool]


@pytest.fixture
def memory() -> World:
    connections = MemoryConnections()
    return World(
        connections,
        open=lambda: uuid4().hex,
        frames=lambda connection_id, count: [frame.decode() for to, frame in connections.sent if to == connection_id],
        closed=lambda connection_id: connection_id in connections.gone,
    )


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(0, HttpApi([], {}), WebSocketApi(SocketApi("v1", {}), {}))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def front(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    # As under `make run`, where everything else is elsewhere.
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    clients: dict[str, ClientConnection] = {}
    stack = ExitStack()

    def opened() -> str:
        assert server.sockets
        before = server.sockets.connection_ids()
        client = stack.enter_context(connect(f"ws://127.0.0.1:{server.server_port}/v1", proxy=None))
        while not (new := server.sockets.connection_ids() - before):
            time.sleep(0.01)
        (connection_id,) = new
        clients[connection_id] = client
        return connection_id

    def closed(connection_id: str) -> bool:
        try:
            clients[connection_id].recv(timeout=WITHIN_S)
        except ConnectionClosed:
            return True
        return False

    yield World(
        ApiGatewayConnections(management_client(f"http://127.0.0.1:{server.server_port}/v1", "eu-west-1")),
        open=opened,
        frames=lambda connection_id, count: [str(clients[connection_id].recv(timeout=WITHIN_S)) for _ in range(count)],
        closed=closed,
    )
    stack.close()


@pytest.fixture(params=["memory", "front"])
def world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue(request.param)


def test_frames_arrive_whole_and_in_order(world):
    connection_id = world.open()
    assert world.connections.send(connection_id, '{"data":["é"]}'.encode())
    assert world.connections.send(connection_id, b"x" * 131_072)
    assert world.frames(connection_id, 2) == ['{"data":["é"]}', "x" * 131_072]


def test_each_connection_gets_its_own(world):
    one, other = world.open(), world.open()
    world.connections.send(one, b"1")
    world.connections.send(other, b"2")
    assert (world.frames(one, 1), world.frames(other, 1)) == (["1"], ["2"])


def test_a_connection_can_be_closed(world):
    connection_id = world.open()
    world.connections.close(connection_id)
    assert world.closed(connection_id)


def test_one_that_is_no_more_takes_nothing_and_needs_no_closing(world):
    connection_id = world.open()
    world.connections.close(connection_id)
    assert world.closed(connection_id)
    assert not world.connections.send(connection_id, b"x")
    world.connections.close(connection_id)


def test_a_gateway_that_does_not_answer_is_told_from_a_connection_that_is_no_more(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    connections = ApiGatewayConnections(management_client("http://127.0.0.1:9/v1", "eu-west-1"))
    with pytest.raises(ServiceUnavailable):
        connections.send("a", b"x")
    with pytest.raises(ServiceUnavailable):
        connections.close("a")
