"""`make run`, from outside, and what its HTTPS endpoint says to a plain request."""

import contextlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from typing import Any, Final

import boto3

from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.webhook_secrets import DynamoWebhookSecrets
from local import demo
from tests.sdks.clients import ROOT

START_S: Final = 60


@dataclass(frozen=True)
class Stack:
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return self.environment["CUTOUT_URL"]

    @property
    def key(self) -> str:
        return self.environment["CUTOUT_KEY"]

    def post(self, **task: Any) -> dict[str, Any]:
        """The one item of the answer."""
        body = json.dumps([{"taskUUID": str(uuid.uuid4()), **task}]).encode()
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=60) as response:
                (item,) = json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        return item

    def webhook_secret(self) -> str:
        """What the account's owner sets a receiver up with."""
        names = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        endpoint, region, identity, secret = (self.environment[name] for name in names)
        client = boto3.client(
            "dynamodb", endpoint_url=endpoint, region_name=region, aws_access_key_id=identity, aws_secret_access_key=secret
        )
        table = Table(client, self.environment["TABLE_NAME"])
        return DynamoWebhookSecrets(table).of(demo.ACCOUNT_ID, time.time_ns() // 1_000_000).current


@contextlib.contextmanager
def running(state: Path, *arguments: str) -> Iterator[Stack]:
    with create_server(("127.0.0.1", 0)) as one, create_server(("127.0.0.1", 0)) as other:
        ports = [one.getsockname()[1], other.getsockname()[1]]
    command = [
        sys.executable,
        "-m",
        "local",
        "--stop-with-parent",
        "--port",
        str(ports[0]),
        "--aws-port",
        str(ports[1]),
        "--state",
        str(state),
    ]
    printed = state / "out"
    with printed.open("w") as out, subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=out, stderr=out) as process:
        try:
            end = time.monotonic() + START_S
            while "Ctrl-C" not in printed.read_text():
                assert process.poll() is None, printed.read_text()
                assert time.monotonic() < end, printed.read_text()
                time.sleep(0.1)
            yield Stack(demo.read_environment(state / "demo.env"))
        finally:
            process.terminate()
