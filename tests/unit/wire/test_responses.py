"""Answers have exactly the keys of the contract."""

import base64

import pytest

from cutout.domain.errors import InvalidParameter, RateLimitExceeded
from cutout.domain.tasks import OutputType
from cutout.service.outcomes import Rejected
from cutout.wire.requests import refused
from cutout.wire.responses import answer
from tests.fakes.world import World, removal, upload

DOCUMENTATION = "https://host/docs/errors"


@pytest.fixture
def world():
    return World()


def answered(world, *tasks):
    return answer(world.submit(*tasks), DOCUMENTATION)


def test_a_done_removal_has_its_keys_and_no_others(world):
    task = removal()
    reply = answered(world, task)
    assert reply.status == 200
    assert list(reply.body) == ["data"]
    assert set(reply.body["data"][0]) == {"taskType", "taskUUID", "imageUUID", "inputImageUUID", "imageURL"}
    assert reply.body["data"][0]["taskUUID"] == str(task.task_uuid)


def test_each_output_type_asked_for_is_there(world):
    item = answered(world, removal(output_types=tuple(OutputType))).body["data"][0]
    raw = base64.b64decode(item["imageBase64Data"])
    assert raw.startswith(b"\x89PNG")
    assert item["imageDataURI"] == "data:image/png;base64," + item["imageBase64Data"]
    assert item["imageURL"].startswith("https://")


def test_the_cost_on_the_wire_is_the_charge_to_the_digit(world):
    item = answered(world, removal(include_cost=True)).body["data"][0]
    (charge,) = world.charges()
    assert f"{item['cost']:.6f}" == f"0.{charge.price:06d}"


def test_an_upload_answers_all_three_of_its_keys(world):
    item = answered(world, upload()).body["data"][0]
    assert set(item) == {"taskType", "taskUUID", "imageUUID", "imageURL"}


def test_one_success_is_a_success(world):
    bad = Rejected(InvalidParameter("no", parameter="rgba"), "imageBackgroundRemoval", "u")
    reply = answer([*world.submit(removal()), bad], DOCUMENTATION)
    assert reply.status == 200
    assert (len(reply.body["data"]), len(reply.body["errors"])) == (1, 1)


def test_errors_alone_have_the_status_of_the_first():
    bad = Rejected(InvalidParameter("no", parameter="rgba", minimum=0, maximum=255), "imageBackgroundRemoval", "u")
    reply = answer([bad], DOCUMENTATION)
    assert reply.status == 400
    assert reply.body == {
        "errors": [
            {
                "code": "invalidRgba",
                "message": "no",
                "parameter": "rgba",
                "documentation": "https://host/docs/errors#invalidParameter",
                "taskType": "imageBackgroundRemoval",
                "taskUUID": "u",
                "min": 0,
                "max": 255,
            }
        ]
    }


def test_a_failure_remembered_is_an_error_again(world):
    task = removal()
    world.engine.fault = InvalidParameter("too odd", parameter="inputImage")
    first, again = answered(world, task), answered(world, task)
    assert first == again
    assert again.status == 400


def test_a_rate_limit_says_when_to_come_back_and_names_each_task():
    elements = [{"taskType": "imageUpload", "taskUUID": "one"}, "no object"]
    reply = answer(refused(elements, RateLimitExceeded("slow down", retry_after_s=7)), DOCUMENTATION)
    assert (reply.status, reply.headers) == (429, {"retry-after": "7"})
    assert [error.get("taskUUID") for error in reply.body["errors"]] == ["one", None]
