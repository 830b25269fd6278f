"""What a user of each client is told when something is wrong."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sdks.clients import KINDS, Client, ClientError, started
from tests.sdks.pictures import LARGE, Pictures, assert_cut_out, cutouts
from tests.sdks.report import Report
from tests.sdks.stack import Stack

CATEGORIES = {
    "invalidApiKey": "auth",
    "invalidAlphaMattingErodeSize": "validation",
    "unknownParameter": "validation",
    "taskFailedOrNotFound": "notFound",
    "imageNotFound": "notFound",
    "outputTooLarge": "unknown",
    "failedToTransferImage": "unknown",
}
"""`runware-sdk` tells its users categories of its own."""
MISSING_IMAGE = "a2a5b6a7-2c0c-4f4c-9d3a-9d2b7f6f5f11"


def told_as(name: str, code: str) -> str:
    return CATEGORIES[code] if name.startswith("runware-sdk") else code


def refused(client: Client, call: str = "remove", **parameters: object) -> ClientError:
    with pytest.raises(ClientError) as raised:
        client.call(call, **parameters)
    return raised.value


def test_a_wrong_key_is_told_as_such_and_soon(name: str, stack: Stack, pictures: Pictures, report: Report):
    with started(KINDS[name], stack.url, "ck_wrong") as client:
        begun = time.monotonic()
        if name in {"runware-sdk-rest", "legacy"}:
            client.call("connect")  # nothing is sent yet, or nothing is told yet
            error = refused(client, **pictures.sent("UUID"))
        else:
            error = refused(client, "connect")
        assert time.monotonic() - begun < 5
    # The legacy client makes a ConnectionError of it.
    assert error.code == ("ConnectionError" if name == "legacy" else told_as(name, "invalidApiKey"))
    assert "key" in error.message
    report.beside["a wrong key", name] = f"✓ {error.code}: {error.message}"


def test_a_bad_parameter_is_named_with_what_is_accepted(client: Client, name: str, pictures: Pictures, report: Report):
    error = refused(client, **pictures.sent("UUID"), settings={"alphaMattingErodeSize": 0})
    assert error.code == told_as(name, "invalidAlphaMattingErodeSize")
    assert error.parameter == "alphaMattingErodeSize"
    assert error.task
    assert error.message == "alphaMattingErodeSize must be an integer from 1 to 255."
    report.beside["a bad parameter", name] = f"✓ {error.code}: {error.message}"


def test_an_image_that_is_not_there_is_an_error_of_its_task(client: Client, name: str, report: Report):
    error = refused(client, image=MISSING_IMAGE)
    assert error.code == told_as(name, "imageNotFound")
    assert error.task
    report.beside["an unknown image", name] = f"✓ {error.code}: {error.message}"


def test_several_tasks_at_once_each_get_their_own_result_beside_ones_that_fail(
    client: Client, name: str, pictures: Pictures, report: Report
):
    """One fails when it is read, and one while it is at work: neither may take the others along."""
    form = pictures.sent("URL")
    greys = [40 * number for number in range(6)]
    with ThreadPoolExecutor() as pool:
        early = pool.submit(refused, client, **form, settings={"alphaMattingErodeSize": 0})
        late = pool.submit(refused, client, image=form["image"].partition("?")[0] + "-nothing")
        good = [
            pool.submit(client.call, "remove", **form, outputFormat="PNG", settings={"rgba": [grey, grey, grey, 1]})
            for grey in greys
        ]
        assert early.result().code == told_as(name, "invalidAlphaMattingErodeSize")
        assert late.result().code == told_as(name, "failedToTransferImage")
        corners = [cutouts(task.result())[0].convert("RGB").getpixel((0, 0)) for task in good]
    assert corners == [(grey, grey, grey) for grey in greys]
    report.beside["six at once, beside two that fail", name] = "✓ each its own result or error"


def test_a_large_picture_goes_inline_over_https_and_by_its_uuid_over_websocket(
    client: Client, name: str, stack: Stack, pictures: Pictures, report: Report
):
    """66 kB are 88 kB of base64, and API Gateway ends a WebSocket on which a frame of more than 32 KB comes."""
    if name == "runware-sdk-rest":
        cutout = cutouts(client.call("remove", image=str(LARGE), is_file=True, outputFormat="PNG"))[0]
    else:
        uploaded = stack.post(taskType="imageUpload", image=pictures.large)
        cutout = cutouts(client.call("remove", image=uploaded["imageUUID"], outputFormat="PNG"))[0]
    assert_cut_out(cutout, pictures.large_size)
    report.beside["a picture of 66 kB", name] = (
        "✓ inline" if name == "runware-sdk-rest" else "✓ uploaded over HTTPS, then by its UUID"
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in KINDS if name != "runware-sdk-rest"], scope="session")
def test_a_frame_that_is_too_large_ends_in_an_error_of_the_clients_own(name: str, stack: Stack, pictures: Pictures, report: Report):
    """The connection is closed with code 1009 before any code of ours has a say; each client makes of it what it can."""
    expected = {"runware-sdk-websocket": "timeout", "legacy": "ConnectionError", "sdk-js": "Error"}
    with started(KINDS[name], stack.url, stack.key, patience_s=5) as client:
        client.call("connect")
        begun = time.monotonic()
        error = refused(client, image=pictures.large)
    assert error.code == expected[name]
    report.beside["the same, inline", name] = f"✗ {error.code}: {error.message} ({time.monotonic() - begun:.0f} s)"


def test_a_result_that_no_message_can_carry_says_so_and_another_output_works(
    client: Client, name: str, stack: Stack, pictures: Pictures, report: Report
):
    uploaded = stack.post(taskType="imageUpload", image=pictures.large)["imageUUID"]
    asked = {"image": uploaded, "outputType": "base64Data", "outputFormat": "PNG"}
    if name == "runware-sdk-rest":
        assert_cut_out(cutouts(client.call("remove", **asked), "base64Data")[0], pictures.large_size)
        report.beside["its cutout as base64Data", name] = "✓"
    else:
        error = refused(client, **asked)
        assert error.code == told_as(name, "outputTooLarge")
        report.beside["its cutout as base64Data", name] = f"✗ {error.code}: {error.message}"
