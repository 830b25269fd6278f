"""From events, jobs and metadata to drops and tasks."""

import json
from uuid import UUID

import pytest

from cutout.domain.accounts import Account
from cutout.domain.errors import CutoutError, MissingParameter
from cutout.domain.removal import Background, MattingThresholds
from cutout.service.dropbox import Drop, Opened
from cutout.wire.drops import SETTINGS, batch_drop, batch_result, check_defaults, drops_of, removal_of
from cutout.wire.models import RemovalRequest
from tests.fakes.drops import MODELS

TASK_UUID = UUID("2f4dd2ba-2f2e-4d7c-9a3a-5f0e6d1c7b11")


def message(*keys):
    return json.dumps({"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": key}}} for key in keys]})


def task(metadata=None, *, account=None, defaults=None, job=None):
    opened = Opened("b", "k", "1", "e", 1, metadata or {}, bytes)
    drop = Drop("b", "k", "shop", "results/shop/k", settings=job or {})
    return removal_of(opened, drop, Account("shop", "", defaults=account or {}), TASK_UUID, defaults=defaults or {}, models=MODELS)


def code_of(metadata=None, **more):
    with pytest.raises(CutoutError) as caught:
        task(metadata, **more)
    return caught.value.code


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        ("uploads/shop/red+shoe.jpg", "uploads/shop/red shoe.jpg"),
        ("uploads/shop/a%2Bb.jpg", "uploads/shop/a+b.jpg"),
        ("uploads/shop/gr%C3%B6%C3%9Fe.jpg", "uploads/shop/größe.jpg"),
        ("uploads/shop/deep/er/100%25.jpg", "uploads/shop/deep/er/100%.jpg"),
        ("uploads/shop/a%26b%3D%3F%23.jpg", "uploads/shop/a&b=?#.jpg"),
    ],
)
def test_a_key_is_decoded_as_s3_encodes_it(encoded, key):
    assert [drop.key for drop in drops_of(message(encoded))] == [key]


def test_the_key_says_who_pays_and_what_the_result_is_called():
    assert drops_of(message("uploads/shop/shoes/a.jpg")) == [
        Drop("b", "uploads/shop/shoes/a.jpg", "shop", "results/shop/shoes/a.jpg")
    ]


def test_a_key_without_an_account_names_none():
    assert [(drop.account_id, drop.target) for drop in drops_of(message("uploads/a.jpg"))] == [(None, "results/a.jpg")]


@pytest.mark.parametrize("key", ["uploads/shop/", "uploads/shop/folder/", "results/shop/a.jpg.png", "inputs/shop/a.png"])
def test_folders_and_what_lies_elsewhere_are_passed_over(key):
    assert drops_of(message(key)) == []


def test_the_message_with_which_s3_tries_the_queue_is_passed_over():
    assert drops_of('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}') == []


@pytest.mark.parametrize("text", ["", "no JSON", "{}", "7", '{"Records": [{}]}', '{"Records": [7]}', '{"Records": 7}'])
def test_a_message_that_is_not_from_s3_is_an_error(text):
    with pytest.raises(ValueError, match="isn't a notification"):
        drops_of(text)


def test_every_parameter_may_be_set_on_the_object_in_either_spelling():
    metadata = {
        "model": "u2net",
        "output-format": "WEBP",
        "outputquality": "80",
        "rgba": "[1, 2, 3, 0.5]",
        "post-process-mask": "true",
        "returnonlymask": "true",
        "alpha-matting": "true",
        "alphamattingforegroundthreshold": "200",
        "alpha-matting-background-threshold": "20",
        "alpha-matting-erode-size": "5",
    }
    made = task(metadata)
    assert (made.output.format, made.output.quality) == ("WEBP", 80)
    removal = made.removal
    assert (removal.model, removal.background) == ("u2net", Background(1, 2, 3, 0.5))
    assert (removal.post_process_mask, removal.only_mask, removal.matting) == (True, True, MattingThresholds(200, 20, 5))


def test_what_may_be_set_is_every_parameter_of_the_api_but_identity_and_delivery():
    delivery = {
        "taskType",
        "taskUUID",
        "inputImage",
        "outputType",
        "includeCost",
        "deliveryMethod",
        "webhookURL",
        "uploadEndpoint",
        "ttl",
    }
    assert set(RemovalRequest.fields()) - delivery == set(SETTINGS)


def test_a_task_written_for_the_api_may_be_given_as_json():
    text = json.dumps({"taskType": "removeBackground", "outputType": "URL", "settings": {"returnOnlyMask": True}})
    made = task({"task": text})
    assert (made.output.format, made.removal.only_mask) == ("JPG", True)


def test_metadata_of_other_tools_are_passed_over():
    assert task({"mtime": "1700000000", "s3cmd-attrs": "uid:0"}) == task()


def test_the_object_wins_over_the_job_the_job_over_the_account_the_account_over_the_deployment():
    levels = [{"outputQuality": 41}, {"outputQuality": 42}]
    assert task(defaults=levels[0]).output.quality == 41
    assert task(defaults=levels[0], account=levels[1]).output.quality == 42
    assert task(defaults=levels[0], account=levels[1], job={"outputQuality": "43"}).output.quality == 43
    assert task({"output-quality": "44"}, account=levels[1], job={"outputQuality": "43"}).output.quality == 44
    assert task({"task": '{"outputQuality": 45}'}, account=levels[1], job={"outputQuality": "43"}).output.quality == 45


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"output-format": "GIF"}, "invalidOutputFormat"),
        ({"output-quality": "best"}, "invalidOutputQuality"),
        ({"alpha-matting": "yes"}, "invalidAlphaMatting"),
        ({"model": "dall-e"}, "invalidModel"),
        ({"task": "{"}, "invalidTask"),
        ({"task": "[]"}, "invalidTask"),
        ({"task": '{"outputFromat": "PNG"}'}, "unknownParameter"),
        ({"task": '{"inputImage": "https://example.com"}'}, "invalidInputImage"),
        ({"task": '{"taskUUID": "2f4dd2ba-2f2e-4d7c-9a3a-5f0e6d1c7b11"}'}, "invalidTaskUUID"),
        ({"task": '{"outputFormat": "PNG"}', "output-format": "JPG"}, "invalidOutputFormat"),
        ({"task": '{"taskType": "dance"}'}, "unsupportedTaskType"),
    ],
)
def test_a_wrong_setting_is_the_same_error_as_in_the_api(metadata, code):
    assert code_of(metadata) == code


def test_an_argument_of_a_job_that_nobody_knows_is_an_error():
    assert code_of(job={"outputFromat": "PNG"}) == "unknownParameter"


@pytest.mark.parametrize("defaults", [{"outputQuality": 7}, {"inputImage": "x"}, {"nonsense": 1}, {"model": "dall-e"}])
def test_defaults_that_could_not_be_used_are_found_beforehand(defaults):
    with pytest.raises(CutoutError):
        check_defaults(defaults, MODELS)


def test_defaults_may_be_empty():
    check_defaults({}, MODELS)


def batch(version="2.0", key="folder/red+shoe.jpg", bucket="catalogue", arguments=None, version_id=None):
    place = {"s3Bucket": bucket} if version == "2.0" else {"s3BucketArn": f"arn:aws:s3:::{bucket}"}
    job = {"id": "job-1"} | ({"userArguments": arguments} if arguments else {})
    event = {"invocationSchemaVersion": version, "invocationId": "i", "job": job}
    return event, {"taskId": "t", "s3Key": key, "s3VersionId": version_id} | place


def test_a_job_names_the_account_for_another_buckets_objects():
    event, one = batch(arguments={"account": "shop", "outputFormat": "WEBP"}, version_id="v1")
    assert batch_drop(event, one, "ours") == Drop(
        "catalogue", "folder/red shoe.jpg", "shop", "results/shop/folder/red shoe.jpg", "v1", "job-1", {"outputFormat": "WEBP"}
    )


def test_under_uploads_the_key_names_the_account():
    event, one = batch("1.0", "uploads/shop/a.jpg", "ours")
    assert batch_drop(event, one, "ours") == Drop("ours", "uploads/shop/a.jpg", "shop", "results/shop/a.jpg", None, "job-1")


def test_another_buckets_uploads_name_nobody():
    event, one = batch("1.0", "uploads/shop/a.jpg")
    with pytest.raises(MissingParameter):
        batch_drop(event, one, "ours")


def test_the_text_of_a_result_is_cut_to_what_s3_takes():
    assert len(batch_result({"taskId": "t"}, "PermanentFailure", "x" * 2000)["resultString"]) == 1024
