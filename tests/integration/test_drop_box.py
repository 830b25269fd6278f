"""The drop box on the whole local stack: events of the embedded AWS's own bucket, its queues, real workers, the real model."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import boto3
import numpy as np
import pytest
from PIL import Image
from skimage import data

from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account
from local.demo import read_environment

ROOT = Path(__file__).parents[2]
TIMEOUT_S, VISIBILITY_S = 10, 20
"""Of a function and of a message: shorter than in the cloud, so that a killed worker's object comes back soon."""
GOOD, BAD = 170, 30
PATIENCE_S = 600
"""A minute or so where nothing else runs."""
MAX_PIXELS = 250_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (ROOT / ".venv-ministack/bin/ministack").exists(),
        reason="`make setup` installs the embedded AWS; the drop box is NOT tested.",
    ),
    pytest.mark.skipif(
        not (ROOT / ".models/u2netp.onnx").exists(), reason="`make models` fetches the weights; the drop box is NOT tested."
    ),
    pytest.mark.skipif(
        not Path("/proc/self/cmdline").exists(), reason="No /proc here to find workers in; the drop box is NOT tested."
    ),
]


@dataclass(frozen=True)
class Stack:
    """`make run`, from outside."""

    process: subprocess.Popen[str]
    environment: dict[str, str]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )

    @property
    def bucket(self) -> str:
        return self.environment["BUCKET_NAME"]

    def keys(self, prefix: str) -> set[str]:
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {item["Key"] for page in pages for item in page.get("Contents", [])}

    def items(self, prefix: str) -> list[dict[str, Any]]:
        """The table's items whose key begins so, with their values as text."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.environment["TABLE_NAME"],
                FilterExpression="begins_with(pk, :prefix)",
                ExpressionAttributeValues={":prefix": {"S": prefix}},
            )
        )
        return [{name: next(iter(value.values())) for name, value in item.items()} for page in pages for item in page["Items"]]

    def waiting(self) -> dict[str, int]:
        """How many messages each queue has, those in flight included."""
        sqs = self.client("sqs")
        counts = {}
        for url in sqs.list_queues()["QueueUrls"]:
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            counts[url] = sum(int(attributes[f"ApproximateNumberOfMessages{suffix}"]) for suffix in ("", "NotVisible", "Delayed"))
        return counts

    def queue_url(self) -> str:
        """The drop box's."""
        return next(url for url in self.client("sqs").list_queues()["QueueUrls"] if "UploadsQueue" in url)

    def workers(self) -> list[int]:
        """The processes that run the upload function."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes().decode()
                ours = f"AWS_ENDPOINT_URL={self.environment['AWS_ENDPOINT_URL']}\0" in (entry / "environ").read_bytes().decode()
            except (OSError, UnicodeDecodeError):
                continue
            if "remove_background.app.handle_upload" in command and ours:
                found.append(int(entry.name))
        return found


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        port, aws_port = one.getsockname()[1], other.getsockname()[1]
    command = [sys.executable, "-m", "local", "--port", str(port), "--aws-port", str(aws_port), "--state", str(tmp_path)]
    parameters = {"UploadTimeoutSeconds": TIMEOUT_S, "UploadVisibilitySeconds": VISIBILITY_S, "MaxInputPixels": MAX_PIXELS}
    command += [f"--parameter={name}={value}" for name, value in parameters.items()]
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, text=True)
    try:
        wait_for(lambda: "Ctrl-C" in (tmp_path / "out").read_text() or process.poll() is not None, 60)
        assert process.poll() is None, (tmp_path / "out").read_text()
        stack = Stack(process, read_environment(tmp_path / "demo.env"))
        table = Table(stack.client("dynamodb"), stack.environment["TABLE_NAME"])
        DynamoAccountBook(table).create(Account("shop", "The shop"))
        yield stack
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for(condition: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("It didn't come true in time.")
        time.sleep(1)


def picture(number: int) -> tuple[bytes, str]:
    """Each another one, in the formats in turn."""
    image_format, extension = [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")][number % 3]
    file = io.BytesIO()
    size = (96 + number, 64 + number % 50)
    Image.fromarray(data.astronaut()).resize(size).save(file, image_format)
    return file.getvalue(), extension


FOLDERS = ["shoes", "red & blue", "a+b", "größe/été", "日本", "100%/x=1;y", "deep/er/still"]

KINDS_OF_BAD = ["no image", "cut off", "too large", "nobody's", "wrong setting"]


def good(number: int) -> tuple[str, bytes, dict[str, str]]:
    content, extension = picture(number)
    # The first two differ in nothing but the extension.
    stem = "twin" if number < 2 else f"item {number} (+)"
    folder = "twins" if number < 2 else FOLDERS[number % len(FOLDERS)]
    return f"shop/{folder}/{stem}.{extension}", content, {"output-format": "WEBP"} if number % 10 == 9 else {}


def bad(number: int) -> tuple[str, bytes, dict[str, str]]:
    content, extension = picture(number)
    name = f"shop/bad/{number}.{extension}"
    match KINDS_OF_BAD[number % len(KINDS_OF_BAD)]:
        case "no image":
            return name, b"%PDF-1.7 not an image", {}
        case "cut off":
            return name, content[: len(content) // 2], {}
        case "too large":
            file = io.BytesIO()
            Image.fromarray(np.zeros((501, 500), bool)).save(file, "PNG")
            return name, file.getvalue(), {}
        case "nobody's":
            return f"nobody/{number}.{extension}", content, {}
        case _:
            return name, content, {"output-quality": "7"}


def drop(stack: Stack, objects: list[tuple[str, bytes, dict[str, str]]]) -> None:
    s3 = stack.client("s3")
    with ThreadPoolExecutor(10) as pool:  # as many as the client has connections
        list(
            pool.map(
                lambda item: s3.put_object(Bucket=stack.bucket, Key=f"uploads/{item[0]}", Body=item[1], Metadata=item[2]), objects
            )
        )


def kill_a_worker_at_work(stack: Stack) -> None:
    """All are stopped to look which tasks are begun; one that has one never goes on."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        workers = stack.workers()
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        at_work = [item for item in stack.items("TASK#shop#") if item["status"] == "processing"]
        everybody_is = len(at_work) == len(workers) > 0
        if everybody_is:
            os.kill(workers[0], signal.SIGKILL)
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        if everybody_is:
            return
        time.sleep(0.1)
    raise AssertionError("The workers were never all at work.")


def test_two_hundred_objects_and_a_killed_worker_give_each_good_one_a_result_and_one_charge(stack):
    objects = [good(number) for number in range(GOOD)] + [bad(number) for number in range(BAD)]
    drop(stack, objects)
    wait_for(lambda: len(stack.keys("results/")) >= 20, PATIENCE_S)
    kill_a_worker_at_work(stack)
    # At least once: some events come twice.
    for name, content, _ in objects[::10]:
        event = {
            "s3": {
                "bucket": {"name": stack.bucket},
                "object": {"key": quote_plus(f"uploads/{name}", safe="/"), "size": len(content)},
            }
        }
        stack.client("sqs").send_message(QueueUrl=stack.queue_url(), MessageBody=json.dumps({"Records": [event]}))
    wait_for(lambda: len(stack.keys("results/")) >= len(objects) and not any(stack.waiting().values()), PATIENCE_S)

    errors = {key for key in stack.keys("results/") if key.endswith(".error.json")}
    results = stack.keys("results/") - errors
    expected = {f"results/{name}.{'webp' if meta else 'png'}" for name, _, meta in objects[:GOOD]}
    assert results == expected
    assert errors == {f"results/{name}.error.json" for name, _, _ in objects[GOOD:]}

    charges = {item["pk"].rpartition("#")[2]: item for item in stack.items("CHARGE#shop#")}
    assert len(charges) == GOOD
    tasks = stack.items("TASK#shop#")
    assert {item["token"] for item in tasks if item["status"] == "done"} == {"1", "2"}  # the killed worker's was taken over
    s3 = stack.client("s3")
    heads = [s3.head_object(Bucket=stack.bucket, Key=key) for key in results]
    assert {head["Metadata"]["task-uuid"] for head in heads} == charges.keys()
    for head in heads:
        price = int(charges[head["Metadata"]["task-uuid"]]["price"])
        assert round(float(head["Metadata"]["cost"]) * 1_000_000) == price > 0
    codes = [json.loads(s3.get_object(Bucket=stack.bucket, Key=key)["Body"].read())["code"] for key in errors]
    assert sorted(set(codes)) == ["imageTooLarge", "invalidAccount", "invalidInputImage", "invalidOutputQuality"]
    assert set(stack.waiting().values()) == {0}
