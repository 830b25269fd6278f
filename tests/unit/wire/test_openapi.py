"""openapi.json is what the code makes, and says what the code does."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from cutout.domain.errors import InvalidParameter, error_classes
from cutout.domain.removal import ImageFormat
from cutout.domain.tasks import AccountTask, DeletionTask, OutputType, PresignTask, ResponseTask
from cutout.service.outcomes import Rejected
from cutout.wire.models import RemovalRequest
from cutout.wire.openapi import document
from cutout.wire.openapi.examples import RESULTS, TASKS
from cutout.wire.openapi.requests import SETTINGS
from cutout.wire.requests import TASK_TYPES, Models, parse_task
from cutout.wire.responses import answer
from tests.fakes.world import DOCS, World, removal, upload

ROOT = Path(__file__).parents[3]
DOCUMENT = document()
MODELS = Models({"runware:109@1": "u2netp"}, "u2netp")


def validator(name: str) -> Draft202012Validator:
    """Of one of the document's schemas."""
    registry = Registry().with_resource("urn:document", Resource(DOCUMENT, DRAFT202012))
    return Draft202012Validator({"$ref": f"urn:document#/components/schemas/{name}"}, registry=registry)


@pytest.fixture
def world() -> World:
    return World()


def body(world: World, *tasks, **options) -> dict:
    return answer(world.submit(*tasks, **options), DOCS).body


def test_the_file_is_up_to_date():
    assert json.loads((ROOT / "openapi.json").read_text()) == DOCUMENT, "`make openapi` renews it"


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_each_schema_is_one(name):
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])


def test_every_kind_of_task_has_an_example():
    assert set(TASKS) == set(TASK_TYPES)


@pytest.mark.parametrize("task_type", TASKS)
def test_each_example_is_a_task_that_is_accepted(task_type):
    assert not isinstance(parse_task(TASKS[task_type], MODELS), Rejected)


@pytest.mark.parametrize("task_type", TASKS)
def test_each_example_is_what_its_schema_says(task_type):
    name = task_type[:1].upper() + task_type[1:]
    validator(name).validate(TASKS[task_type])


@pytest.mark.parametrize("task_type", RESULTS)
def test_each_example_of_an_answer_is_what_its_schema_says(task_type):
    validator("Answer").validate({"data": [RESULTS[task_type]]})


def test_every_parameter_of_a_removal_is_in_both_of_its_forms():
    flat, nested = (
        DOCUMENT["components"]["schemas"][name]["properties"] for name in ("ImageBackgroundRemoval", "RemoveBackground")
    )
    assert set(RemovalRequest.fields()) <= set(flat)
    assert set(RemovalRequest.fields()) - {*SETTINGS, "inputImage"} <= set(nested)
    assert set(nested["settings"]["properties"]) == set(SETTINGS)


def test_a_field_that_is_not_described_is_refused_by_the_schema_as_by_the_parser():
    misspelt = TASKS["imageBackgroundRemoval"] | {"outputformat": "PNG"}
    assert isinstance(parse_task(misspelt, MODELS), Rejected)
    assert not validator("ImageBackgroundRemoval").is_valid(misspelt)


@pytest.mark.parametrize("rgba", [[1, 2, 3], [1, 2, 3, 0.5, 1], [256, 0, 0, 1], [-1, 0, 0, 1], [0.5, 0, 0, 1], [0, 0, 0, 1.5]])
def test_a_colour_is_refused_by_the_schema_as_by_the_parser(rgba):
    task = TASKS["imageBackgroundRemoval"] | {"rgba": rgba}
    assert isinstance(parse_task(task, MODELS), Rejected)
    assert not validator("ImageBackgroundRemoval").is_valid(task)


def test_every_error_has_its_status_and_its_code_is_named_there():
    responses = DOCUMENT["paths"]["/v1"]["post"]["responses"]
    for cls in error_classes():
        assert f"`{cls.code}`" in responses[str(int(cls.status))]["description"]


def test_what_is_answered_is_what_the_document_says(world):
    """One of each kind, as composed for the wire."""
    kept = world.submit(upload())[0].record
    stored = replace(upload(), task_type="mediaStorage")
    waiting = removal(asynchronous=True)
    answers = [
        body(world, removal(output_types=tuple(OutputType), include_cost=True), removal(task_uuid=uuid4())),
        body(world, upload(), stored),
        body(world, waiting, DeletionTask("mediaStorage", uuid4(), "hash", kept.image_uuid)),
        body(world, ResponseTask("getResponse", waiting.task_uuid)),
        body(world, PresignTask("presignUpload", uuid4(), "hash", ImageFormat.PNG)),
        body(world, AccountTask("accountManagement", UUID(TASKS["accountManagement"]["taskUUID"]))),
    ]
    world.deliver()
    answers.append(body(world, ResponseTask("getResponse", waiting.task_uuid)))
    for given in answers:
        assert list(given) == ["data"]
        validator("Answer").validate(given)


def test_all_that_an_error_may_say_is_in_the_document():
    error = InvalidParameter("no", parameter="rgba", expected_type="array", minimum=0, maximum=1, allowed=(1, "a"))
    validator("Errors").validate(answer([Rejected(error, "imageUpload", "no UUID")], DOCS).body)
