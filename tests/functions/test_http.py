"""The HTTP entry from event to response, with the real model, on moto's AWS."""

import base64
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from skimage import data

from cutout.domain.accounts import Account
from tests.fakes.world import png
from tests.functions.conftest import CONTEXT, ENVIRONMENT, ROOT, open_account, top_up


@pytest.fixture(scope="module")
def astronaut() -> str:
    file = io.BytesIO()
    Image.fromarray(data.astronaut()).save(file, "JPEG", quality=90)
    return base64.b64encode(file.getvalue()).decode()


def removal(image: str, **fields) -> dict:
    return {"taskType": "imageBackgroundRemoval", "taskUUID": str(uuid4()), "inputImage": image} | fields


def picture(item: dict) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(item["imageBase64Data"])))


def test_a_person_is_cut_out_of_a_photograph(call, astronaut):
    status, body = call([removal(astronaut, outputType="base64Data", includeCost=True)])
    assert status == 200
    cutout = np.asarray(picture(body["data"][0]))
    assert cutout.shape == (512, 512, 4)
    assert cutout[120, 220, 3] > 250  # her face
    assert cutout[20, 20, 3] < 5  # the flag's corner
    assert body["data"][0]["cost"] > 0


def test_the_event_on_file_gives_a_cutout(entry, key):
    event = json.loads((ROOT / "events" / "http.json").read_text())
    event["headers"]["authorization"] = f"Bearer {key}"
    response = entry.app.handle_http(event, CONTEXT)
    assert response["statusCode"] == 200
    assert json.loads(response["body"])["data"][0]["imageURL"].startswith("https://")


def test_the_result_and_its_charge_are_where_they_belong(call, entry):
    status, body = call([removal(base64.b64encode(png()).decode(), includeCost=True)])
    item = body["data"][0]
    object_key = f"results/shop/{item['imageUUID']}.png"
    stored = entry.s3.get_object(Bucket=ENVIRONMENT["BUCKET_NAME"], Key=object_key)
    assert (status, stored["ContentType"]) == (200, "image/png")
    charge = entry.dynamodb.get_item(
        TableName=ENVIRONMENT["TABLE_NAME"],
        Key={"pk": {"S": f"CHARGE#shop#{item['taskUUID']}"}, "sk": {"S": "CHARGE"}},
    )["Item"]
    assert Decimal(str(item["cost"])) * 1_000_000 == Decimal(charge["price"]["N"])


@pytest.mark.parametrize(("image_format", "signature"), [("PNG", b"\x89PNG"), ("JPG", b"\xff\xd8\xff"), ("WEBP", b"RIFF")])
def test_each_format_is_what_it_says(call, astronaut, image_format, signature):
    _, body = call([removal(astronaut, outputType="base64Data", outputFormat=image_format)])
    assert base64.b64decode(body["data"][0]["imageBase64Data"]).startswith(signature)


def test_the_mask_is_grey_with_the_subject_white(call, astronaut):
    _, body = call([removal(astronaut, outputType="base64Data", returnOnlyMask=True)])
    mask = picture(body["data"][0])
    assert mask.mode == "L"
    assert (mask.getpixel((220, 120)) > 250, mask.getpixel((20, 20)) < 5) == (True, True)


def test_a_background_is_put_behind_the_subject(call, astronaut):
    _, body = call([removal(astronaut, outputType="base64Data", outputFormat="JPG", rgba=[0, 200, 0, 1.0])])
    red, green, blue = picture(body["data"][0]).getpixel((20, 20))
    assert (red < 20, green > 180, blue < 20) == (True, True, True)


def test_every_option_together_still_gives_a_cutout(call, astronaut):
    status, body = call(
        [removal(astronaut, outputType=["URL", "dataURI"], outputFormat="WEBP", postProcessMask=True, alphaMatting=True)]
    )
    assert status == 200
    assert body["data"][0]["imageDataURI"].startswith("data:image/webp;base64,")


def test_a_picture_without_a_subject_gives_a_fully_transparent_result(call):
    _, body = call([removal(base64.b64encode(png((128, 128, 128), (64, 64))).decode(), outputType="base64Data")])
    assert np.asarray(picture(body["data"][0]))[..., 3].max() == 0


def test_an_upload_becomes_an_input(call, astronaut):
    _, uploaded = call([{"taskType": "imageUpload", "taskUUID": str(uuid4()), "image": astronaut}])
    image_uuid = uploaded["data"][0]["imageUUID"]
    status, body = call([removal(image_uuid)])
    assert (status, body["data"][0]["inputImageUUID"]) == (200, image_uuid)


def test_one_bad_task_leaves_the_others_unharmed(call):
    good, bad = removal(base64.b64encode(png()).decode()), removal("not an image")
    status, body = call([good, bad, {"taskType": "dance", "taskUUID": bad["taskUUID"]}])
    assert status == 200
    assert [item["taskUUID"] for item in body["data"]] == [good["taskUUID"]]
    assert [error["code"] for error in body["errors"]] == ["invalidInputImage", "unsupportedTaskType"]
    assert {error["taskUUID"] for error in body["errors"]} == {bad["taskUUID"]}


def test_success_has_no_errors_key(call):
    _, body = call([removal(base64.b64encode(png()).decode())])
    assert list(body) == ["data"]


def test_a_repeat_is_neither_run_nor_charged_again(call):
    task = removal(base64.b64encode(png()).decode(), includeCost=True)
    (_, first), (_, second) = call([task]), call([task])
    assert first["data"][0]["imageUUID"] == second["data"][0]["imageUUID"]
    assert first["data"][0]["cost"] == second["data"][0]["cost"]


def test_an_address_that_is_not_public_is_not_fetched(call):
    status, body = call([removal("http://169.254.169.254/latest/meta-data")])
    assert (status, body["errors"][0]["code"]) == (400, "failedToTransferImage")


def test_an_unknown_image_is_not_found(call):
    status, body = call([removal(str(uuid4()))])
    assert (status, body["errors"][0]["code"], body["errors"][0]["parameter"]) == (404, "imageNotFound", "inputImage")


def test_no_key_is_told_from_a_wrong_one(call):
    assert [call([removal("x")], api_key=key)[1]["errors"][0]["code"] for key in (None, "ck_wrong")] == [
        "missingApiKey",
        "invalidApiKey",
    ]
    assert call([removal("x")], api_key=None)[0] == 401


def test_the_key_may_come_in_the_body(call, key):
    status, _ = call([{"taskType": "authentication", "apiKey": key}, removal(base64.b64encode(png()).decode())], api_key=None)
    assert status == 200


def test_the_start_was_booked_to_the_platform(entry):
    charges = entry.dynamodb.query(
        TableName=ENVIRONMENT["TABLE_NAME"],
        IndexName="gsi1",
        KeyConditionExpression="gsi1pk = :ledger",
        ExpressionAttributeValues={":ledger": {"S": f"LEDGER#platform#{datetime.now(UTC):%Y-%m}"}},
    )["Items"]
    assert [charge["price"]["N"] for charge in charges] == ["0"]
    assert int(charges[0]["billed_ms"]["N"]) > 100


def test_an_account_is_told_its_balance_keys_and_usage(call, entry):
    rich_key = open_account(entry, Account("rich", "Rich & Co", prepaid=True))
    top_up(entry, "rich", 5_000_000)
    _, done = call([removal(base64.b64encode(png()).decode(), includeCost=True)], api_key=rich_key)
    status, body = call([{"taskType": "accountManagement", "taskUUID": str(uuid4()), "operation": "getDetails"}], api_key=rich_key)
    (details,) = body["data"]
    cost = done["data"][0]["cost"]
    assert (status, details["organizationName"], details["team"]) == (200, "Rich & Co", [])
    assert details["balance"]["prepaid"] == {"deposited": 5.0, "available": 5.0 - cost, "reserved": 0.0, "spent": cost}
    assert [key["apiKey"] for key in details["apiKeys"]] == [f"…{rich_key[-4:]}"]
    assert details["usage"]["today"]["tasks"] == details["usage"]["last30Days"]["tasks"] == 1
    assert details["usage"]["days"][0]["cost"] == cost
    assert rich_key not in json.dumps(body)


def test_an_unknown_account_operation_lists_the_known_one(call):
    _, body = call([{"taskType": "accountManagement", "taskUUID": str(uuid4()), "operation": "close"}])
    assert body["errors"][0]["code"] == "invalidOperation"
    assert "getDetails" in body["errors"][0]["message"]


def test_more_requests_than_the_account_may_send_get_429(call, entry):
    slow_key = open_account(entry, Account("slow", "Slow", requests_per_minute=1))
    assert call([removal(base64.b64encode(png()).decode())], api_key=slow_key)[0] == 200
    status, body = call([removal("x"), removal("y")], api_key=slow_key)
    assert (status, [error["code"] for error in body["errors"]]) == (429, ["rateLimitExceeded"] * 2)
    assert all("taskUUID" in error for error in body["errors"])


def test_a_balance_that_does_not_cover_a_task_gets_402_and_nothing_runs(call, entry):
    poor_key = open_account(entry, Account("poor", "Poor", prepaid=True))
    status, body = call([removal(base64.b64encode(png()).decode())], api_key=poor_key)
    assert (status, body["errors"][0]["code"]) == (402, "insufficientCredits")


@pytest.mark.parametrize("body", ["", "not json", "[]", "7"])
def test_a_body_that_is_no_array_of_tasks_is_one_error(call, body):
    status, reply = call(body, raw=True)
    assert (status, [error["code"] for error in reply["errors"]]) == (400, ["invalidRequest"])


def test_errors_link_to_a_page_that_the_same_function_serves(call, entry):
    _, body = call([removal("not an image")])
    url, _, anchor = body["errors"][0]["documentation"].partition("#")
    assert url.endswith("/docs/errors")
    event = json.loads((ROOT / "events" / "http.json").read_text())
    event["requestContext"]["http"] |= {"method": "GET", "path": "/docs/errors"}
    page = entry.app.handle_http(event | {"rawPath": "/docs/errors"}, CONTEXT)
    assert f'id="{anchor}"' in page["body"]


def test_no_key_and_no_image_is_ever_logged(call, key, astronaut, capfd):
    call([removal(astronaut)])
    call([removal("not an image")])
    printed = "".join(capfd.readouterr())
    assert key not in printed
    assert astronaut[:40] not in printed
