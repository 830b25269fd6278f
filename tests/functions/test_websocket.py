"""The WebSocket entry, wired as on Lambda, on moto's AWS: an independent client on the local front at one end, the stores at the other."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Lock, Thread
from types import ModuleType, SimpleNamespace
from uuid import UUID, uuid4

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account, AccountStatus, ApiKey, hash_key, new_key
from local.http_api import HttpApi
from local.runtime_api import FunctionError
from local.server import Server
from local.template import SocketApi
from local.websocket_api import WebSocketApi
from tests.functions.conftest import CONTEXT, ENVIRONMENT, ROOT
from tests.functions.zips import REGION, Zip, imported

WITHIN_S = 10
PING = {"taskType": "ping", "ping": True}
PONG = {"data": [{"taskType": "ping", "pong": True}]}


class InThisProcess:
    """The function, as the front invokes it: one event at a time, like a worker on Lambda."""

    def __init__(self) -> None:
        self.app: ModuleType | None = None
        self.lock = Lock()
        self.open: set[str] = set()

    def invoke(self, event: bytes, wait_s: float) -> bytes:
        assert self.app
        with self.lock:
            try:
                result = self.app.handle(json.loads(event), CONTEXT)
            except Exception as error:
                raise FunctionError(type(error).__name__, str(error)) from error
        context = json.loads(event).get("requestContext", {})
        match context.get("eventType"):
            case "CONNECT" if result["statusCode"] == 200:
                self.open.add(context["connectionId"])
            case "DISCONNECT":
                self.open.discard(context["connectionId"])
        return json.dumps(result).encode()


@pytest.fixture(scope="module")
def stack() -> Iterator[SimpleNamespace]:
    function = InThisProcess()
    routes = dict.fromkeys(("$connect", "$default", "$disconnect"), "function")
    server = Server(0, HttpApi([], {}), WebSocketApi(SocketApi("v1", routes), {"function": function}))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    more = {
        **{name: value for name, value in ENVIRONMENT.items() if name not in {"TABLE_NAME", "BUCKET_NAME"}},
        "WEBSOCKET_ENDPOINT": f"http://127.0.0.1:{server.server_port}/v1",
        "CONNECTIONS_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/123456789012/connections",
        "INSTALLED_MODELS": "u2netp",
        "WORKER_MEMORY_SIZE": "3008",
    }
    with imported("websocket.app", **more) as entry:
        function.app = entry.app
        queues = {name: entry.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("tasks", "connections")}
        book = DynamoAccountBook(Table(entry.dynamodb, entry.table))

        def invoke(event: dict) -> dict:
            return json.loads(function.invoke(json.dumps(event).encode(), 0))

        yield SimpleNamespace(server=server, function=function, entry=entry, book=book, queues=queues, invoke=invoke)
    server.shutdown()
    server.server_close()


@pytest.fixture
def entry(stack) -> Zip:
    return stack.entry


@pytest.fixture
def account(stack) -> Account:
    account = Account(f"a{uuid4().hex[:12]}", "The shop")
    stack.book.create(account)
    return account


@pytest.fixture
def key(stack, account) -> str:
    key = new_key()
    stack.book.add_key(ApiKey(hash_key(key), account.account_id, "test", key[-4:], 0))
    return key


@pytest.fixture
def opened(stack) -> Iterator[Callable[[], ClientConnection]]:
    with ExitStack() as clients:
        yield lambda: clients.enter_context(connect(f"ws://127.0.0.1:{stack.server.server_port}/v1", proxy=None))
    # The function is told of each end, for which it needs its stores.
    end = time.monotonic() + WITHIN_S
    while stack.function.open and time.monotonic() < end:
        time.sleep(0.01)


@pytest.fixture
def client(opened) -> ClientConnection:
    return opened()


def say(client: ClientConnection, *elements: object) -> None:
    client.send(json.dumps(elements))


def heard(client: ClientConnection) -> dict:
    return json.loads(client.recv(timeout=WITHIN_S))


def authenticate(client: ClientConnection, key: str, **more: str) -> str:
    say(client, {"taskType": "authentication", "apiKey": key, **more})
    ((item,),) = heard(client).values()
    return item["connectionSessionUUID"]


def removal(**fields: object) -> dict:
    return {"taskType": "removeBackground", "taskUUID": str(uuid4()), "inputs": {"image": "https://example.com/a.png"}, **fields}


def messages(stack: SimpleNamespace, queue: str) -> list[dict]:
    """All that are there, taken out."""
    bodies: list[dict] = []
    while received := stack.entry.sqs.receive_message(QueueUrl=stack.queues[queue], MaxNumberOfMessages=10).get("Messages", []):
        for message in received:
            stack.entry.sqs.delete_message(QueueUrl=stack.queues[queue], ReceiptHandle=message["ReceiptHandle"])
            bodies.append(json.loads(message["Body"]))
    return bodies


def event_on_file(name: str) -> dict:
    return json.loads((ROOT / "events" / f"websocket-{name}.json").read_text())


def test_a_client_authenticates_and_leaves_a_task_to_the_queue(stack, client, key, account):
    messages(stack, "tasks")
    assert UUID(authenticate(client, key)).version == 4
    task = removal(deliveryMethod="async")
    say(client, task)
    assert heard(client) == {"data": [{"taskType": "removeBackground", "taskUUID": task["taskUUID"]}]}
    assert messages(stack, "tasks") == [{"account": account.account_id, "taskUUID": task["taskUUID"]}]


def test_a_queued_task_can_be_asked_for(client, key):
    authenticate(client, key)
    task = removal(deliveryMethod="async")
    say(client, task)
    heard(client)
    say(client, {"taskType": "getResponse", "taskUUID": task["taskUUID"]})
    item = heard(client)["data"][0]
    assert (item["taskUUID"], item["status"]) == (task["taskUUID"], "processing")


def test_an_account_is_told_about_itself(client, key):
    authenticate(client, key)
    say(client, {"taskType": "accountManagement", "taskUUID": str(uuid4()), "operation": "getDetails"})
    assert heard(client)["data"][0]["organizationName"] == "The shop"


def test_another_accounts_task_is_not_found(stack, opened, key):
    client, other = opened(), opened()
    authenticate(client, key)
    task = removal(deliveryMethod="async")
    say(client, task)
    heard(client)
    stranger = new_key()
    stack.book.create(Account("stranger", "Stranger"))
    stack.book.add_key(ApiKey(hash_key(stranger), "stranger", "test", stranger[-4:], 0))
    authenticate(other, stranger)
    say(other, {"taskType": "getResponse", "taskUUID": task["taskUUID"]})
    assert heard(other)["errors"][0]["code"] == "taskFailedOrNotFound"


def test_a_ping_is_answered_at_once_and_before_authentication(client):
    say(client, PING)
    assert heard(client) == PONG


@pytest.mark.parametrize("text", ["no JSON", "[]", "7", json.dumps([{}] * 101), "[" * 30_000])
def test_what_is_no_array_of_tasks_is_one_clear_error_and_the_connection_stays(client, text):
    client.send(text)
    (error,) = heard(client)["errors"]
    assert (error["code"], error["documentation"]) == ("invalidRequest", "https://api.example/docs/errors#invalidRequest")
    say(client, PING)
    assert heard(client) == PONG


def test_a_wrong_key_is_the_authentications_error(client):
    say(client, {"taskType": "authentication", "apiKey": "ck_wrong"})
    (error,) = heard(client)["errors"]
    assert (error["taskType"], error["code"]) == ("authentication", "invalidApiKey")


def test_tasks_before_authentication_are_refused_one_a_frame(client):
    tasks = [removal(), removal()]
    say(client, *tasks)
    errors = [heard(client)["errors"][0] for _ in tasks]
    assert {error["code"] for error in errors} == {"missingApiKey"}
    assert [error["taskUUID"] for error in errors] == [task["taskUUID"] for task in tasks]


def test_a_revoked_key_and_a_suspended_account_are_refused_from_the_next_frame_on(stack, client, key, account):
    authenticate(client, key)
    stack.book.change(replace(account, status=AccountStatus.SUSPENDED), 0)
    say(client, removal())
    assert heard(client)["errors"][0]["code"] == "invalidApiKey"
    stack.book.change(account, 0)
    say(client, removal(deliveryMethod="async"))
    assert "data" in heard(client)
    stack.book.revoke_key(account.account_id, hash_key(key))
    say(client, removal())
    assert heard(client)["errors"][0]["code"] == "invalidApiKey"


def test_a_session_moves_to_the_connection_that_resumes_it(stack, opened, key):
    old, new = opened(), opened()
    session = authenticate(old, key)
    old.close()
    assert authenticate(new, key, connectionSessionUUID=session) == session
    assert stack.entry.app.app.sockets.sessions.connection_of(UUID(session)) is not None


def test_a_new_connection_is_looked_at_again_and_closed_if_it_is_still_silent(stack, opened, key):
    messages(stack, "connections")
    silent, known = opened(), opened()
    authenticate(known, key)
    watched = messages(stack, "connections")
    assert len(watched) == 2
    event = event_on_file("look-again")
    records = [{**event["Records"][0], "messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(watched)]
    for _ in range(2):  # may come twice
        assert stack.invoke({"Records": records}) == {"batchItemFailures": []}
    with pytest.raises(ConnectionClosed):
        silent.recv(timeout=WITHIN_S)
    say(known, PING)
    assert heard(known) == PONG


def test_a_message_that_is_not_ours_fails_alone(stack):
    event = event_on_file("look-again")
    good = event["Records"][0]
    records = [{**good, "messageId": "bad", "body": "nonsense"}, good]
    assert stack.invoke({"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}


def test_a_connection_that_ends_is_forgotten(stack, client, key):
    session = UUID(authenticate(client, key))
    client.close()
    sessions, end = stack.entry.app.app.sockets.sessions, time.monotonic() + WITHIN_S
    while sessions.connection_of(session) and time.monotonic() < end:
        time.sleep(0.02)
    assert sessions.connection_of(session) is None


def test_without_its_queue_no_connection_is_accepted(stack, opened, monkeypatch):
    watch = replace(stack.entry.app.app.sockets.watch, url=f"https://sqs.{REGION}.amazonaws.com/123456789012/nowhere")
    broken = replace(stack.entry.app.app, sockets=replace(stack.entry.app.app.sockets, watch=watch))
    monkeypatch.setattr(stack.entry.app, "app", broken)
    with pytest.raises(InvalidStatus) as refused:
        opened()
    assert refused.value.response.status_code == 503


@pytest.mark.parametrize("name", ["connect", "message", "disconnect"])
def test_the_events_on_file_are_understood(stack, name):
    assert stack.invoke(event_on_file(name)) == {"statusCode": 200}


@pytest.mark.parametrize("name", ["connect", "message", "disconnect"])
def test_the_fronts_events_have_the_keys_of_those_on_file(stack, opened, entry, name, monkeypatch):
    seen = []
    handle = entry.app.handle
    monkeypatch.setattr(entry.app, "handle", lambda event, context: (seen.append(event), handle(event, context))[1])
    client = opened()
    say(client, PING)
    heard(client)
    client.close()
    wanted = {"connect": "CONNECT", "message": "MESSAGE", "disconnect": "DISCONNECT"}[name]
    end = time.monotonic() + WITHIN_S
    while not (found := [event for event in seen if event["requestContext"]["eventType"] == wanted]) and time.monotonic() < end:
        time.sleep(0.02)
    on_file = event_on_file(name)
    assert found[0]["requestContext"].keys() == on_file["requestContext"].keys()
    assert on_file.keys() - found[0].keys() <= {"queryStringParameters", "multiValueQueryStringParameters"}


def test_no_key_is_ever_logged(client, key, capfd):
    authenticate(client, key)
    say(client, {"taskType": "authentication", "apiKey": f"{key}x"})
    heard(client)
    assert key not in "".join(capfd.readouterr())
