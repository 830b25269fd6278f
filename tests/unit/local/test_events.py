"""Which function an event is for, and what it speaks of."""

import json
from pathlib import Path

import pytest

from local.events import EventError, fitted, function_of, objects_of
from local.template import Application, FunctionTemplate, QueueSource, Route, Schedule, SocketApi

EVENTS = Path(__file__).parents[3] / "events"
NOWHERE = Path()
APPLICATION = Application(
    functions=(FunctionTemplate("Batches", "app.handle_batch", NOWHERE, 1, 1, {}),),
    routes=(Route("POST", "/v1", "Http"), Route("GET", "/v1", "Other")),
    queue_sources=(QueueSource("UploadsQueue", "Uploads", 1, 1), QueueSource("TasksQueue", "Tasks", 1, 1)),
    socket_api=SocketApi("v1", {"$default": "Socket"}),
    schedules=(Schedule("ExpireResultsEveryMinute", "Expire", "rate(1 minute)", None),),
    stack={},
)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("http.json", "Http"),
        ("s3-upload.json", "Uploads"),
        ("queue.json", "Tasks"),
        ("s3-batch-1.0.json", "Batches"),
        ("s3-batch-2.0.json", "Batches"),
        ("schedule.json", "Expire"),
    ],
)
def test_an_event_is_for_the_function_that_aws_would_hand_it_to(name, function):
    assert function_of(json.loads((EVENTS / name).read_text()), APPLICATION) == function


def test_a_frame_is_for_its_routes_function():
    assert function_of({"requestContext": {"connectionId": "x", "routeKey": "$default"}}, APPLICATION) == "Socket"


@pytest.mark.parametrize("event", [{}, {"routeKey": "PUT /v2", "requestContext": {"http": {}}}, {"Records": []}])
def test_an_event_that_is_for_none_is_refused(event):
    with pytest.raises(EventError, match="FUNCTION="):
        function_of(event, APPLICATION)


def test_a_text_that_is_no_json_is_refused():
    with pytest.raises(EventError, match="JSON"):
        fitted('{"Records": [', "bucket", "key")


def test_names_are_put_in_everywhere():
    event = fitted('{"a": "Bearer ck_replace-me", "b": "{\\"bucket\\":\\"cutout-test\\"}"}', "mine", "ck_mine")
    assert event == {"a": "Bearer ck_mine", "b": '{"bucket":"mine"}'}


@pytest.mark.parametrize(
    ("name", "objects"),
    [
        ("http.json", []),
        ("s3-upload.json", [("cutout-test", "uploads/shop/summer 2026/red & blue été.jpg")]),
        ("s3-batch-1.0.json", [("cutout-test", "uploads/shop/summer 2026/red & blue été.jpg")]),
        ("s3-batch-2.0.json", [("catalogue", "photos/2019/red shoe.jpg")]),
    ],
)
def test_the_objects_of_an_event_are_found_wherever_they_are_named(name, objects):
    assert list(objects_of(json.loads((EVENTS / name).read_text()))) == objects
