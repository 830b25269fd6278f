"""What clients may send, and the one error that each mistake gets."""

import base64
import json
from uuid import UUID, uuid4

import pytest

from cutout.domain.errors import InvalidRequest
from cutout.domain.removal import Background, ImageFormat, MattingThresholds
from cutout.domain.tasks import ImageReference, ImageUrl, InlineImage, OutputType, RemovalTask, UploadTask
from cutout.service.outcomes import Rejected
from cutout.wire.requests import Models, open_body, parse_task

MODELS = Models({"u2netp": "u2netp", "runware:109@1": "u2netp"}, "u2netp")
UUID_TEXT = "50836053-a0ee-4cf5-b9d6-ae7c5d140ada"
IMAGE = base64.b64encode(b"the image").decode()


def task(**fields):
    return {"taskType": "imageBackgroundRemoval", "taskUUID": UUID_TEXT, "inputImage": IMAGE} | fields


def parsed(**fields):
    result = parse_task(task(**fields), MODELS)
    assert not isinstance(result, Rejected), result.error.message
    return result


def rejected(element):
    result = parse_task(element, MODELS)
    assert isinstance(result, Rejected)
    return result


def test_the_defaults_are_the_contracts():
    result = parsed()
    assert isinstance(result, RemovalTask)
    assert result.task_uuid == UUID(UUID_TEXT)
    assert result.source == InlineImage(b"the image")
    assert result.output_types == (OutputType.URL,)
    assert (result.output.format, result.output.quality) == (ImageFormat.PNG, 95)
    assert result.removal.background == Background(255, 255, 255, 0)
    assert result.removal.matting is None
    assert not any((result.include_cost, result.removal.post_process_mask, result.removal.only_mask))


def test_the_newer_form_defaults_to_jpg():
    assert parsed(taskType="removeBackground").output.format is ImageFormat.JPG


@pytest.mark.parametrize(
    ("text", "source"),
    [
        (IMAGE, InlineImage(b"the image")),
        (f"data:image/png;base64,{IMAGE}", InlineImage(b"the image")),
        (f"data:;base64,{IMAGE}", InlineImage(b"the image")),
        (IMAGE[:5] + "\n" + IMAGE[5:] + "\n", InlineImage(b"the image")),
        ("https://example.com/a.jpg", ImageUrl("https://example.com/a.jpg")),
        ("HTTP://example.com/a.jpg", ImageUrl("HTTP://example.com/a.jpg")),
        (UUID_TEXT, ImageReference(UUID(UUID_TEXT))),
    ],
)
def test_an_input_is_told_by_its_form(text, source):
    assert parsed(inputImage=text).source == source


@pytest.mark.parametrize(
    "text", ["not base64!", "data:image/png,raw", "data:image/png;base64,", "ftp://example.com/a", "====", "/etc/passwd!"]
)
def test_an_input_of_no_known_form_is_refused(text):
    result = rejected(task(inputImage=text))
    assert (result.error.code, result.error.parameter, result.error.status) == ("invalidInputImage", "inputImage", 400)


def test_every_parameter_is_understood():
    result = parsed(
        model="runware:109@1",
        outputType=["URL", "base64Data", "URL"],
        outputFormat="JPEG",
        outputQuality=20,
        includeCost=True,
        rgba=[1, 2, 3, 0.5],
        postProcessMask=True,
        returnOnlyMask=True,
        alphaMatting=True,
        alphaMattingForegroundThreshold=200,
        alphaMattingBackgroundThreshold=20,
        alphaMattingErodeSize=5,
        deliveryMethod="sync",
    )
    assert result.removal.model == "u2netp"
    assert result.output_types == (OutputType.URL, OutputType.BASE64)
    assert (result.output.format, result.output.quality) == (ImageFormat.JPG, 20)
    assert result.removal.background == Background(1, 2, 3, 0.5)
    assert result.removal.matting == MattingThresholds(200, 20, 5)
    assert result.include_cost
    assert result.removal.post_process_mask
    assert result.removal.only_mask


def test_settings_and_inputs_are_the_same_parameters_spelled_another_way():
    flat = parsed(rgba=[1, 2, 3, 1], alphaMatting=True)
    element = {
        "taskType": "imageBackgroundRemoval",
        "taskUUID": UUID_TEXT,
        "inputs": {"image": IMAGE},
        "settings": {"rgba": [1, 2, 3, 1], "alphaMatting": True},
    }
    assert parse_task(element, MODELS) == flat


def test_a_parameter_given_twice_with_one_value_is_accepted():
    assert parsed(inputs={"image": IMAGE}).source == InlineImage(b"the image")


def test_a_parameter_given_twice_with_two_values_is_an_error():
    result = rejected(task(rgba=[0, 0, 0, 1], settings={"rgba": [1, 1, 1, 1]}))
    assert (result.error.code, result.error.parameter) == ("invalidRgba", "rgba")


@pytest.mark.parametrize("name", ["providerSettings", "routing", "safety", "numberResults"])
def test_fields_that_only_the_sdks_care_about_are_ignored(name):
    assert parsed(**{name: {"anything": 1}}) == parsed()


@pytest.mark.parametrize(
    ("fields", "code", "parameter"),
    [
        ({"taskUUID": "no-uuid"}, "invalidTaskUUID", "taskUUID"),
        ({"taskUUID": str(UUID(int=0))}, "invalidTaskUUID", "taskUUID"),
        ({"taskUUID": 7}, "invalidTaskUUID", "taskUUID"),
        ({"inputImage": ""}, "invalidInputImage", "inputImage"),
        ({"inputImage": None}, "invalidInputImage", "inputImage"),
        ({"inputImage": {"a": 1}}, "invalidInputImage", "inputImage"),
        ({"model": "gpt"}, "invalidModel", "model"),
        ({"model": 5}, "invalidModel", "model"),
        ({"outputType": "url"}, "invalidOutputType", "outputType"),
        ({"outputType": []}, "invalidOutputType", "outputType"),
        ({"outputType": ["URL", "x"]}, "invalidOutputType", "outputType"),
        ({"outputFormat": "GIF"}, "invalidOutputFormat", "outputFormat"),
        ({"outputQuality": 19}, "invalidOutputQuality", "outputQuality"),
        ({"outputQuality": 100}, "invalidOutputQuality", "outputQuality"),
        ({"outputQuality": "95"}, "invalidOutputQuality", "outputQuality"),
        ({"outputQuality": 95.5}, "invalidOutputQuality", "outputQuality"),
        ({"outputQuality": True}, "invalidOutputQuality", "outputQuality"),
        ({"includeCost": "true"}, "invalidIncludeCost", "includeCost"),
        ({"includeCost": 1}, "invalidIncludeCost", "includeCost"),
        ({"rgba": [1, 2, 3]}, "invalidRgba", "rgba"),
        ({"rgba": [1, 2, 3, 4]}, "invalidRgba", "rgba"),
        ({"rgba": [256, 0, 0, 1]}, "invalidRgba", "rgba"),
        ({"rgba": [1.5, 0, 0, 1]}, "invalidRgba", "rgba"),
        ({"rgba": [True, 0, 0, 1]}, "invalidRgba", "rgba"),
        ({"rgba": "white"}, "invalidRgba", "rgba"),
        ({"rgba": [0, 0, 0, float("nan")]}, "invalidRgba", "rgba"),
        ({"postProcessMask": None}, "invalidPostProcessMask", "postProcessMask"),
        ({"alphaMattingErodeSize": 0}, "invalidAlphaMattingErodeSize", "alphaMattingErodeSize"),
        ({"alphaMattingErodeSize": 256}, "invalidAlphaMattingErodeSize", "alphaMattingErodeSize"),
        ({"alphaMattingForegroundThreshold": 0}, "invalidAlphaMattingForegroundThreshold", "alphaMattingForegroundThreshold"),
        ({"settings": []}, "invalidSettings", "settings"),
        ({"inputs": "x"}, "invalidInputs", "inputs"),
        ({"alphaMating": True}, "unknownParameter", "alphaMating"),
        ({"settings": {"rgb": [1, 2, 3, 1]}}, "unknownParameter", "settings.rgb"),
        ({"inputs": {"img": IMAGE}}, "unknownParameter", "inputs.img"),
        ({"taskType": "imageInference"}, "unsupportedTaskType", "taskType"),
        ({"taskType": 3}, "unsupportedTaskType", "taskType"),
        ({"taskType": ["imageUpload"]}, "unsupportedTaskType", "taskType"),
    ],
)
def test_a_wrong_field_is_named(fields, code, parameter):
    result = rejected(task(**fields))
    assert (result.error.code, result.error.parameter, result.error.status) == (code, parameter, 400)
    assert parameter.split(".", maxsplit=1)[0] in result.error.message


@pytest.mark.parametrize("name", ["taskUUID", "inputImage", "taskType"])
def test_a_missing_field_is_named(name):
    element = task()
    del element[name]
    result = rejected(element)
    assert (result.error.code, result.error.parameter) == (f"missing{name[0].upper()}{name[1:]}", name)


def test_a_range_is_told():
    error = rejected(task(alphaMattingErodeSize=0)).error
    assert (error.expected_type, error.minimum, error.maximum) == ("integer", 1, 255)
    assert error.message == "alphaMattingErodeSize must be an integer from 1 to 255."


def test_allowed_values_are_told():
    assert rejected(task(outputType="url")).error.allowed == ("URL", "base64Data", "dataURI")
    assert rejected(task(model="gpt")).error.allowed == ("runware:109@1", "u2netp")


def test_thresholds_out_of_order_name_both():
    error = rejected(task(alphaMattingForegroundThreshold=10, alphaMattingBackgroundThreshold=10)).error
    assert "alphaMattingForegroundThreshold" in error.message
    assert "alphaMattingBackgroundThreshold" in error.message
    assert error.code == "invalidAlphaMattingForegroundThreshold"


def test_the_closest_known_field_is_suggested():
    assert "Did you mean alphaMatting?" in rejected(task(alphaMating=True)).error.message


def test_a_rejected_task_keeps_its_uuid():
    result = rejected(task(outputFormat="GIF"))
    assert (result.task_type, result.task_uuid) == ("imageBackgroundRemoval", UUID_TEXT)


@pytest.mark.parametrize("element", [None, 1, "text", [], True])
def test_an_element_that_is_no_object_is_refused(element):
    assert rejected(element).error.code == "invalidRequest"


def test_an_upload_is_understood():
    result = parse_task({"taskType": "imageUpload", "taskUUID": UUID_TEXT, "image": IMAGE}, MODELS)
    assert isinstance(result, UploadTask)
    assert result.source == InlineImage(b"the image")


def test_an_upload_of_a_uuid_is_refused():
    result = rejected({"taskType": "imageUpload", "taskUUID": UUID_TEXT, "image": UUID_TEXT})
    assert (result.error.code, result.error.parameter) == ("invalidInputImage", "image")


def test_a_default_spelled_out_is_the_same_request():
    assert parsed(outputType="URL", alphaMattingErodeSize=10).request_hash == parsed().request_hash


def test_another_parameter_is_another_request():
    assert parsed(postProcessMask=True).request_hash != parsed().request_hash


def test_the_request_hash_ignores_the_task_uuid():
    assert parsed(taskUUID=str(uuid4())).request_hash == parsed().request_hash


def test_one_object_is_an_array_of_one():
    assert open_body(json.dumps(task())).elements == [task()]


def test_the_key_may_come_as_the_first_element():
    body = open_body(json.dumps([{"taskType": "authentication", "apiKey": "k"}, task()]))
    assert body.api_key == "k"
    assert body.elements == [task()]


@pytest.mark.parametrize("body", ["", "{", "[]", "3", "null", '"text"', b"\xff\xfe", "[" * 100_000])
def test_a_body_that_is_no_array_of_tasks_is_one_error(body):
    with pytest.raises(InvalidRequest):
        open_body(body)


def test_a_hundred_tasks_are_accepted_and_one_more_is_not():
    assert len(open_body(json.dumps([{}] * 100)).elements) == 100
    with pytest.raises(InvalidRequest):
        open_body(json.dumps([{}] * 101))


def test_a_whole_number_with_a_fraction_of_nought_is_an_integer():
    (element,) = open_body('[{"rgba": [175.0, 0, 0, 1.0], "alphaMattingErodeSize": 1e1, "huge": 1e300, "half": 0.5}]').elements
    assert element == {"rgba": [175, 0, 0, 1], "alphaMattingErodeSize": 10, "huge": 1e300, "half": 0.5}
    assert [type(value) for value in element["rgba"]] == [int] * 4
