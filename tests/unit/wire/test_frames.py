"""WebSocket messages to frames, and replies to messages."""

import json
from uuid import uuid4

import pytest

from cutout.domain.errors import InvalidRequest
from cutout.domain.tasks import RemovalTask
from cutout.service.outcomes import Rejected
from cutout.service.sockets import MAX_FRAME_BYTES, Authentication, Pong
from cutout.wire.frames import open_frame, reply_frames
from cutout.wire.requests import Models

MODELS = Models({"u2netp": "u2netp"}, "u2netp")
TASK = {
    "taskType": "removeBackground",
    "taskUUID": "2f4dd2ba-2f2e-4d7c-9a3a-5f0e6d1c7b11",
    "inputs": {"image": "https://a.example"},
}


def opened(*elements):
    return open_frame(json.dumps(elements), MODELS)


@pytest.mark.parametrize("text", ["", "no JSON", "7", "null", '"text"', "[]", "[" * 100_000, json.dumps([{}] * 101)])
def test_what_is_no_array_of_tasks_is_one_error(text):
    with pytest.raises(InvalidRequest):
        open_frame(text, MODELS)


@pytest.mark.parametrize("element", [[TASK], [], 7, None, "text"])
def test_an_element_that_is_no_object_is_an_error_of_its_own(element):
    good, bad = opened(TASK, element).requests
    assert isinstance(good, RemovalTask)
    assert isinstance(bad, Rejected)
    assert bad.error.code == "invalidRequest"


def test_one_object_is_an_array_of_one():
    assert open_frame(json.dumps({"taskType": "ping", "ping": True}), MODELS).pings == 1


def test_authentication_comes_first_and_pings_anywhere():
    session = uuid4()
    authentication = {"taskType": "authentication", "apiKey": "k", "connectionSessionUUID": str(session)}
    frame = opened(authentication, {"taskType": "ping"}, TASK, {"taskType": "ping"})
    assert (frame.authentication, frame.pings, len(frame.requests)) == (Authentication("k", session), 2, 1)


def test_authentication_elsewhere_is_no_task():
    _, late = opened(TASK, {"taskType": "authentication", "apiKey": "k"}).requests
    assert isinstance(late, Rejected)
    assert late.error.code == "unsupportedTaskType"


def test_a_hundred_tasks_fit_into_a_frame():
    assert len(opened(*[TASK] * 100).requests) == 100


def test_a_message_over_the_limit_is_replaced_by_an_error_of_the_same_task():
    long = Rejected(InvalidRequest("x" * MAX_FRAME_BYTES), "removeBackground", "the-uuid")
    (message,) = reply_frames([long], "https://docs")
    assert len(message) <= MAX_FRAME_BYTES
    (error,) = json.loads(message)["errors"]
    assert (error["code"], error["taskType"], error["taskUUID"]) == ("outputTooLarge", "removeBackground", "the-uuid")


def test_a_message_at_the_limit_goes_out():
    empty = len(next(reply_frames([Rejected(InvalidRequest(""))], "https://docs")))
    (message,) = reply_frames([Rejected(InvalidRequest("x" * (MAX_FRAME_BYTES - empty)))], "https://docs")
    assert (len(message), json.loads(message)["errors"][0]["code"]) == (MAX_FRAME_BYTES, "invalidRequest")


def test_a_pong_is_nothing_but_that():
    assert list(reply_frames([Pong()], "https://docs")) == [b'{"data":[{"taskType":"ping","pong":true}]}']
