"""A WebSocket connection's life, on fakes: text in, frames out."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from cutout.domain.accounts import Account, AccountStatus, hash_key
from cutout.domain.errors import ServiceUnavailable
from tests.fakes.sockets import SocketWorld
from tests.fakes.world import ALICE, BOB

URL = "https://example.com/a.png"
PING = {"taskType": "ping", "ping": True}
PONG = {"data": [{"taskType": "ping", "pong": True}]}


@pytest.fixture
def world() -> SocketWorld:
    return SocketWorld()


@pytest.fixture
def key(world) -> str:
    return world.key_of()


@pytest.fixture
def session(world, key) -> UUID:
    """Alice's, on the connection `c`."""
    return UUID(world.authenticate("c", key))


def removal(**fields: object) -> dict:
    return {"taskType": "imageBackgroundRemoval", "taskUUID": str(uuid4()), "inputImage": URL, **fields}


def codes(frames: list[dict]) -> list[str]:
    return [error["code"] for frame in frames for error in frame["errors"]]


def test_the_first_message_authenticates_and_the_reply_is_alone_and_has_no_task_uuid(world, key):
    (frame,) = world.say("c", [{"taskType": "authentication", "apiKey": key}])
    (item,) = frame["data"]
    assert item.keys() == {"taskType", "connectionSessionUUID"}
    assert (item["taskType"], UUID(item["connectionSessionUUID"]).version) == ("authentication", 4)


def test_a_ping_is_answered_before_authentication_and_after(world, key):
    assert world.say("c", [PING]) == [PONG]
    world.authenticate("c", key)
    assert world.say("c", [PING]) == [PONG]


def test_a_ping_in_the_frame_that_authenticates_has_a_frame_of_its_own(world, key):
    pong, welcome = world.say("c", [{"taskType": "authentication", "apiKey": key}, PING])
    assert pong == PONG
    assert welcome["data"][0]["taskType"] == "authentication"


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ({"apiKey": "ck_wrong"}, "invalidApiKey"),
        ({}, "missingApiKey"),
        ({"apiKey": ""}, "missingApiKey"),
        ({"apiKey": 7}, "missingApiKey"),
    ],
)
def test_a_bad_key_is_an_error_of_the_authentication(world, element, code):
    (frame,) = world.say("c", [{"taskType": "authentication", **element}])
    assert frame.keys() == {"errors"}
    assert (frame["errors"][0]["taskType"], frame["errors"][0]["code"]) == ("authentication", code)


def test_tasks_that_come_with_a_bad_key_are_refused_each_by_its_uuid(world):
    tasks = [removal(), removal()]
    _, *refused = world.say("c", [{"taskType": "authentication", "apiKey": "ck_wrong"}, *tasks])
    assert codes(refused) == ["invalidApiKey"] * 2
    assert [frame["errors"][0]["taskUUID"] for frame in refused] == [task["taskUUID"] for task in tasks]


def test_tasks_before_authentication_are_refused_each_by_its_uuid(world):
    tasks = [removal(), removal()]
    frames = world.say("c", tasks)
    assert codes(frames) == ["missingApiKey"] * 2
    assert [frame["errors"][0]["taskUUID"] for frame in frames] == [task["taskUUID"] for task in tasks]
    assert world.queue.sent == []


def test_a_connection_that_failed_may_try_again(world, key):
    world.say("c", [{"taskType": "authentication", "apiKey": "ck_wrong"}])
    assert world.authenticate("c", key)


def test_tasks_that_come_with_the_key_are_taken_on(world, key):
    welcome, acknowledged = world.say("c", [{"taskType": "authentication", "apiKey": key}, removal(deliveryMethod="async")])
    assert welcome["data"][0]["taskType"] == "authentication"
    assert acknowledged["data"][0].keys() == {"taskType", "taskUUID"}


def test_an_asynchronous_task_is_acknowledged_and_queued(world, session):
    task = removal(deliveryMethod="async")
    assert world.say("c", [task]) == [{"data": [{"taskType": "imageBackgroundRemoval", "taskUUID": task["taskUUID"]}]}]
    assert len(world.queue.sent) == 1


def test_a_synchronous_tasks_first_sign_is_its_result_pushed_to_its_session(world, session):
    assert world.say("c", [removal()]) == []
    world.deliver()
    ((to, frame),) = world.sockets.frames
    assert (to, frame["data"][0]["taskType"]) == (session, "imageBackgroundRemoval")


def test_each_result_has_a_frame_of_its_own(world, session):
    good, bad = removal(deliveryMethod="async"), removal(rgba="red")
    frames = world.say("c", [good, bad, {"taskType": "dance", "taskUUID": str(uuid4())}])
    assert [list(frame) for frame in frames] == [["data"], ["errors"], ["errors"]]
    assert codes(frames[1:]) == ["invalidRgba", "unsupportedTaskType"]


def test_get_response_is_answered_at_once(world, session):
    task = removal(deliveryMethod="async")
    world.say("c", [task])
    question = [{"taskType": "getResponse", "taskUUID": task["taskUUID"]}]
    (pending,) = world.say("c", question)
    assert pending["data"][0]["status"] == "processing"
    world.deliver()
    (done,) = world.say("c", question)
    assert done["data"][0]["status"] == "success"


def test_what_was_done_is_replayed(world, session):
    task = removal()
    world.say("c", [task])
    world.deliver()
    (frame,) = world.say("c", [task])
    assert frame["data"][0]["imageURL"].startswith("https://")
    assert len(world.charges()) == 1


def test_an_inline_result_over_the_limit_of_a_message_names_the_way_out(world, session):
    task = removal(outputType="base64Data")
    world.say("c", [task])
    world.deliver()
    ((key, kept),) = world.database.tasks.items()
    image = replace(kept.record.image, size_bytes=100_000)
    world.database.tasks[key] = replace(kept, record=replace(kept.record, image=image))
    (frame,) = world.say("c", [task])
    (error,) = frame["errors"]
    assert (error["code"], error["taskUUID"], error["allowedValues"]) == ("outputTooLarge", task["taskUUID"], ["URL"])
    assert "getResponse" in error["message"]


def test_each_inline_result_has_all_the_room_of_a_frame(world, session):
    """75 KB in base64 each: two would be too much for one."""
    tasks = [removal(outputType="base64Data") for _ in range(2)]
    world.say("c", tasks)
    world.deliver()
    for key, kept in world.database.tasks.items():
        world.database.tasks[key] = replace(kept, record=replace(kept.record, image=replace(kept.record.image, size_bytes=56_000)))
    assert [list(frame) for frame in world.say("c", tasks)] == [["data"], ["data"]]


def test_a_revoked_key_is_refused_from_the_next_frame_on(world, key, session):
    stored = world.database.keys[hash_key(key)]
    world.database.keys[hash_key(key)] = replace(stored, revoked=True)
    task = removal()
    (frame,) = world.say("c", [task])
    assert (codes([frame]), frame["errors"][0]["taskUUID"]) == (["invalidApiKey"], task["taskUUID"])
    assert world.queue.sent == []


def test_a_suspended_account_is_refused_from_the_next_frame_on(world, session):
    world.database.accounts["alice"] = replace(ALICE, status=AccountStatus.SUSPENDED)
    assert codes(world.say("c", [removal()])) == ["invalidApiKey"]


def test_the_rate_counts_frames_with_tasks_and_neither_pings_nor_authentication(world):
    key = world.key_of(Account("slow", "Slow", requests_per_minute=1))
    world.authenticate("c", key)
    world.say("c", [PING])
    assert world.say("c", [removal(), removal()]) == []
    tasks = [removal(), removal()]
    frames = world.say("c", tasks)
    assert codes(frames) == ["rateLimitExceeded"] * 2
    assert [frame["errors"][0]["taskUUID"] for frame in frames] == [task["taskUUID"] for task in tasks]


def test_a_session_moves_to_the_connection_that_resumes_it(world, key, session):
    world.say("c", [removal()])
    world.front.closed("c")
    assert world.authenticate("d", key, connectionSessionUUID=str(session)) == str(session)
    assert world.push.push(session, b"{}")
    assert world.connections.sent[-1] == ("d", b"{}")


@pytest.mark.parametrize("given", [str(uuid4()), "junk", "", None, 7])
def test_a_session_that_is_none_of_ones_own_is_replaced_by_a_new_one(world, key, given):
    assert UUID(world.authenticate("c", key, connectionSessionUUID=given)).version == 4


def test_another_accounts_session_stays_where_it_is(world, session):
    stolen = world.authenticate("d", world.key_of(BOB), connectionSessionUUID=str(session))
    assert stolen != str(session)
    assert world.sessions.connection_of(session) == "c"


def test_what_cannot_be_sent_is_not_lost_and_the_connection_forgotten(world, session):
    world.connections.gone.add("c")
    task = removal(deliveryMethod="async")
    assert world.say("c", [task, removal(deliveryMethod="async")]) == []
    assert len(world.queue.sent) == 2
    assert world.sessions.on_connection("c") is None


def test_a_push_to_a_connection_that_is_no_more_says_so_and_forgets_it(world, session):
    world.connections.gone.add("c")
    assert not world.push.push(session, b"{}")
    assert world.sessions.connection_of(session) is None
    assert not world.push.push(session, b"{}")


def test_a_gateway_that_does_not_answer_is_reported_and_the_task_goes_on(world, session):
    world.connections.away = True
    world.say("c", [removal(deliveryMethod="async")])
    assert len(world.queue.sent) == 1
    assert [type(error) for error in world.reported] == [ServiceUnavailable]


def test_a_fault_of_ours_is_an_error_of_each_task_without_its_details(world, session):
    def broken(connection_id: str) -> None:
        raise ZeroDivisionError("a secret")

    world.sessions.on_connection = broken
    task = removal()
    (frame,) = world.say("c", [task])
    assert (codes([frame]), frame["errors"][0]["taskUUID"]) == (["internalServerError"], task["taskUUID"])
    assert "secret" not in str(frame)
    assert len(world.reported) == 1


def test_a_new_connection_is_looked_at_again(world):
    world.front.opened("c")
    assert world.watch.watched == ["c"]


def test_one_that_never_authenticated_is_closed_then(world):
    world.front.look_again("c")
    world.front.look_again("c")
    assert world.connections.gone == {"c"}


def test_one_that_did_stays(world, session):
    world.front.look_again("c")
    assert world.connections.gone == set()


def test_one_that_failed_to_is_closed(world):
    world.say("c", [{"taskType": "authentication", "apiKey": "ck_wrong"}])
    world.front.look_again("c")
    assert world.connections.gone == {"c"}


def test_who_authenticates_again_on_the_same_connection_speaks_for_the_new_account(world, session):
    other = UUID(world.authenticate("c", world.key_of(BOB)))
    world.say("c", [removal()])
    ((queued,),) = world.queue.sent
    assert (queued.account_id, world.database.tasks[queued].record.tell.session) == ("bob", other)


def test_the_key_itself_is_kept_nowhere(world, key, session):
    assert key not in str(world.sessions)
