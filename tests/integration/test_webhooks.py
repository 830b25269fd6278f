"""A webhook and a time to live on the whole local stack: real queues, real workers, the real model."""

import base64
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from standardwebhooks.webhooks import Webhook

from tests.sdks.stack import Stack, running
from tests.unit.adapters.fetch_servers import Server

ROOT = Path(__file__).parents[2]
PICTURE = base64.b64encode((ROOT / "docs/images/astronaut.jpg").read_bytes()).decode()
PATIENCE_S = 240
"""Two minutes where nothing else runs: the time to live, and the next whole minute."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (ROOT / ".venv-ministack/bin/ministack").exists(),
        reason="`make setup` installs the embedded AWS; webhooks are NOT tested on it.",
    ),
    pytest.mark.skipif(
        not (ROOT / ".models/u2netp.onnx").exists(), reason="`make models` fetches the weights; webhooks are NOT tested with them."
    ),
]


def answer(status: int) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "It didn't come true in time."
        time.sleep(0.5)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def parts(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    return dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:]), body


def test_a_result_is_delivered_though_the_receiver_failed_at_first_and_goes_when_its_time_is_over(tmp_path: Path) -> None:
    with Server(answer(503), answer(204)) as receiver, running(tmp_path, "--allow-host", f"127.0.0.1:{receiver.port}") as stack:
        task_uuid = str(uuid4())
        acknowledged = stack.post(
            taskType="imageBackgroundRemoval",
            taskUUID=task_uuid,
            inputImage=PICTURE,
            webhookURL=f"http://127.0.0.1:{receiver.port}/done",
            ttl=60,
        )
        assert acknowledged.keys() == {"taskType", "taskUUID"}

        wait_for(lambda: len(receiver.requests) == 2)
        (first, _), (headers, body) = map(parts, receiver.requests)
        assert first["webhook-id"] == headers["webhook-id"] == task_uuid
        item = Webhook(stack.webhook_secret()).verify(body, headers)
        assert item["taskUUID"] == task_uuid
        assert status_of(item["imageURL"]) == 200

        wait_for(lambda: not objects(stack))
        with pytest.raises(AssertionError, match="imageNotFound"):
            stack.post(taskType="getResponse", taskUUID=task_uuid)
        assert len(receiver.requests) == 2


def objects(stack: Stack) -> list[str]:
    """Keys of results that are in the bucket."""
    names = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    endpoint, region, identity, secret = (stack.environment[name] for name in names)
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name=region, aws_access_key_id=identity, aws_secret_access_key=secret)
    listed = s3.list_objects_v2(Bucket=stack.environment["BUCKET_NAME"], Prefix="results/")
    return [item["Key"] for item in listed.get("Contents", [])]
