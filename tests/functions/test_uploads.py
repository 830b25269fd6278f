"""The ways in by S3, from event to object, with the real model, on moto's AWS."""

import io
import json
from copy import deepcopy
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from skimage import data

from tests.fakes.world import png
from tests.functions.conftest import CONTEXT, ENVIRONMENT, ROOT

BUCKET = ENVIRONMENT["BUCKET_NAME"]
NAME = "summer 2026/red & blue été.jpg"

pytestmark = pytest.mark.usefixtures("key")  # which opens the account `shop`


def event_on_file(name: str) -> dict:
    return json.loads((ROOT / "events" / f"{name}.json").read_text())


def photograph() -> bytes:
    file = io.BytesIO()
    Image.fromarray(data.astronaut()).save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture
def put(entry):
    """Puts an object into the bucket: under uploads/shop/, if no other key is named."""

    def put(content: bytes, key: str | None = None, bucket: str = BUCKET, **metadata: str) -> str:
        key = key or f"uploads/shop/{uuid4()}.png"
        entry.s3.put_object(Bucket=bucket, Key=key, Body=content, Metadata=metadata)
        return key

    return put


@pytest.fixture
def deliver(entry):
    """Hands the event on file to the function, with a message for each of these bodies; returns the numbers of those that failed."""

    def deliver(*bodies: str) -> list[int]:
        event = event_on_file("s3-upload")
        record = event["Records"][0]
        event["Records"] = [deepcopy(record) | {"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
        return [int(item["itemIdentifier"]) for item in entry.app.handle_upload(event, CONTEXT)["batchItemFailures"]]

    return deliver


def created(key: str, bucket: str = BUCKET) -> str:
    return json.dumps({"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]})


def result(entry, key: str, extension: str = "png") -> dict:
    return entry.s3.get_object(Bucket=BUCKET, Key=f"{key.replace('uploads/', 'results/', 1)}.{extension}")


def exists(entry, key: str) -> bool:
    return "Contents" in entry.s3.list_objects_v2(Bucket=BUCKET, Prefix=key)


def charge_of(entry, task_uuid: str) -> dict:
    key = {"pk": {"S": f"CHARGE#shop#{task_uuid}"}, "sk": {"S": "CHARGE"}}
    return entry.dynamodb.get_item(TableName=ENVIRONMENT["TABLE_NAME"], Key=key)["Item"]


def test_the_event_on_file_gives_a_cutout_under_the_same_name(entry, put):
    put(photograph(), f"uploads/shop/{NAME}")
    assert entry.app.handle_upload(event_on_file("s3-upload"), CONTEXT) == {"batchItemFailures": []}
    stored = result(entry, f"uploads/shop/{NAME}")
    cutout = np.asarray(Image.open(io.BytesIO(stored["Body"].read())))
    assert cutout.shape == (512, 512, 4)
    assert cutout[120, 220, 3] > 250  # her face
    assert (stored["ContentType"], stored["CacheControl"]) == ("image/png", "private, no-cache")
    assert stored["Metadata"].keys() == {
        "task-uuid", "image-uuid", "model", "cost", "width", "height", "input-bytes", "input-etag"
    }  # fmt: skip


def test_the_cost_on_the_result_is_the_ledgers(entry, put, deliver):
    key = put(png())
    deliver(created(key))
    metadata = result(entry, key)["Metadata"]
    price = int(charge_of(entry, metadata["task-uuid"])["price"]["N"])
    assert round(float(metadata["cost"]) * 1_000_000) == price > 0


def test_an_event_delivered_twice_writes_once(entry, put, deliver):
    key = put(png())
    assert deliver(created(key), created(key)) == []
    first = result(entry, key)["Metadata"]
    deliver(created(key))
    assert result(entry, key)["Metadata"] == first


def test_metadata_choose_the_format(entry, put, deliver):
    key = put(png(), **{"output-format": "WEBP", "task": json.dumps({"returnOnlyMask": True})})
    deliver(created(key))
    assert result(entry, key, "webp")["ContentType"] == "image/webp"


def test_a_bad_object_gets_an_error_file_and_its_neighbours_are_done(entry, put, deliver):
    bad, good = put(b"%PDF-1.7"), put(png())
    assert deliver(created(bad), created(good)) == []
    error = json.loads(result(entry, bad, "error.json")["Body"].read())
    assert (error["code"], error["parameter"]) == ("invalidInputImage", "inputImage")
    assert error["documentation"] == "https://api.example/docs/errors#invalidInputImage"
    assert result(entry, good)


def test_a_message_that_is_not_from_s3_fails_alone(entry, put, deliver):
    assert deliver("nonsense", created(put(png()))) == [0]


def test_an_event_of_another_bucket_is_passed_over(deliver):
    assert deliver(created("uploads/shop/a.png", bucket="somebody-elses")) == []


def test_an_object_that_is_gone_is_passed_over(deliver):
    assert deliver(created("uploads/shop/gone.png")) == []


def test_an_object_that_cannot_be_done_in_time_comes_again(entry, put, deliver, monkeypatch):
    key = put(png())
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: 1000)
    assert deliver(created(key)) == [0]
    assert not exists(entry, key.replace("uploads/", "results/"))


@pytest.fixture(scope="module")
def catalogue(entry) -> str:
    """An existing bucket, with versions."""
    entry.s3.create_bucket(Bucket="catalogue")
    entry.s3.put_bucket_versioning(Bucket="catalogue", VersioningConfiguration={"Status": "Enabled"})
    return "catalogue"


def batch(entry, key: str, bucket: str = BUCKET, version_id: str | None = None, **arguments: str) -> dict:
    """The only result of a job of one object."""
    event = event_on_file("s3-batch-2.0")
    event["job"] = {"id": str(uuid4()), "userArguments": arguments}
    event["tasks"][0] |= {"s3Key": key, "s3Bucket": bucket, "s3VersionId": version_id}
    return entry.app.handle_batch(event, CONTEXT)["results"][0]


def test_a_job_of_schema_1_0_does_what_lies_in_the_drop_box(entry, put):
    put(photograph(), f"uploads/shop/{NAME}")
    event = event_on_file("s3-batch-1.0")
    response = entry.app.handle_batch(event, CONTEXT)
    assert response == {
        "invocationSchemaVersion": "1.0",
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": event["invocationId"],
        "results": [{"taskId": event["tasks"][0]["taskId"], "resultCode": "Succeeded", "resultString": f"results/shop/{NAME}.png"}],
    }


def test_a_job_of_schema_2_0_does_another_bucket_for_the_account_it_names(entry, put, catalogue):
    put(photograph(), "photos/2019/red shoe.jpg", catalogue)
    response = entry.app.handle_batch(event_on_file("s3-batch-2.0"), CONTEXT)
    assert response["invocationSchemaVersion"] == "2.0"
    assert response["results"][0]["resultCode"] == "Succeeded"
    assert response["results"][0]["resultString"] == "results/shop/photos/2019/red shoe.jpg.webp"
    metadata = entry.s3.head_object(Bucket=BUCKET, Key="results/shop/photos/2019/red shoe.jpg.webp")["Metadata"]
    lines = [line["L"][0]["S"] for line in charge_of(entry, metadata["task-uuid"])["lines"]["L"]]
    assert "s3_batch_object" in lines


def test_a_job_does_the_version_that_its_manifest_names(entry, put, catalogue):
    put(png(size=(20, 10)), "v.png", catalogue)
    version_id = entry.s3.head_object(Bucket=catalogue, Key="v.png")["VersionId"]
    put(png(size=(8, 6)), "v.png", catalogue)
    assert batch(entry, "v.png", catalogue, version_id, account="shop")["resultCode"] == "Succeeded"
    assert entry.s3.head_object(Bucket=BUCKET, Key="results/shop/v.png.png")["Metadata"]["width"] == "20"


def test_a_bad_object_of_a_job_is_a_permanent_failure_that_says_why(entry, put):
    key = put(b"%PDF-1.7")
    failed = batch(entry, key)
    assert (failed["resultCode"], failed["resultString"].partition(":")[0]) == ("PermanentFailure", "invalidInputImage")
    assert result(entry, key, "error.json")


def test_a_job_that_names_no_account_fails_permanently(entry, put, catalogue):
    put(png(), "a.png", catalogue)
    failed = batch(entry, "a.png", catalogue)
    assert (failed["resultCode"], failed["resultString"].partition(":")[0]) == ("PermanentFailure", "missingAccount")


def test_a_missing_object_of_a_job_is_a_permanent_failure(entry):
    assert batch(entry, "uploads/shop/gone.png")["resultCode"] == "PermanentFailure"


def test_what_a_job_has_no_time_for_is_a_temporary_failure(entry, put, monkeypatch):
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: 1000)
    assert batch(entry, put(png()))["resultCode"] == "TemporaryFailure"


def test_the_same_job_does_an_object_once_and_another_job_again(entry, put):
    key = put(png())
    event = event_on_file("s3-batch-1.0")
    event["tasks"][0]["s3Key"] = key
    entry.app.handle_batch(event, CONTEXT)
    first = result(entry, key)["Metadata"]
    entry.app.handle_batch(event, CONTEXT)
    assert result(entry, key)["Metadata"] == first
    batch(entry, key)
    assert result(entry, key)["Metadata"]["task-uuid"] != first["task-uuid"]
