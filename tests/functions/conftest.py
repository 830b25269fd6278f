"""The entries, wired as on Lambda, on moto's AWS in this process and with the real default model."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from cutout.adapters import aws
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account, ApiKey, hash_key, new_key
from cutout.domain.money import Micros
from tests.contract.worlds import table_properties

ROOT = Path(__file__).parents[2]
MODELS = ROOT / ".models"
REGION = "us-east-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "TABLE_NAME": "cutout-test",
    "BUCKET_NAME": "cutout-test",
    "MODEL_DIR": str(MODELS),
    "DEFAULT_MODEL": "u2netp",
    "COST_MARKUP": "1",
    "DEADLINE_SECONDS": "25",
    "URL_TTL_SECONDS": "3600",
    "TASK_TTL_DAYS": "30",
    "IMAGE_TTL_DAYS": "30",
    "MAX_INPUT_PIXELS": "50000000",
    "MAX_INPUT_BYTES": "52428800",
    "UPLOAD_DEFAULTS": "{}",
    "KEEP_UPLOADS": "true",
    "TASKS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/tasks",
    "WEBHOOKS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/webhooks",
    "WEBSOCKET_ENDPOINT": "https://sockets.example/v1",
    "DOCUMENTATION_URL": "https://api.example/docs/errors",
    "POWERTOOLS_SERVICE_NAME": "cutout",
    "POWERTOOLS_METRICS_NAMESPACE": "Cutout",
}
CONTEXT = SimpleNamespace(
    function_name="http",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:http",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 29_000,
)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Moto copies whole tables, and fails where another thread writes meanwhile: the tasks of one request are done in several."""
    lock, answer = RLock(), BotocoreStubber.__call__

    def locked(self: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return answer(self, *args, **kwargs)

    with patch.object(BotocoreStubber, "__call__", locked):
        yield


@pytest.fixture(scope="session")
def entry() -> Iterator[SimpleNamespace]:
    """`app`: the module, as Lambda imports it. `clients`: those it uses."""
    if not (MODELS / "u2netp.onnx").exists():
        pytest.skip(".models/u2netp.onnx is missing: `make models` fetches it. The entries are NOT tested.")
    with (
        mock_aws(),
        one_at_a_time(),
        patch.dict(os.environ, ENVIRONMENT),
        patch.object(sys, "path", [str(ROOT / "functions"), *sys.path]),
    ):
        aws.client.cache_clear()  # type: ignore[attr-defined]
        dynamodb, s3 = aws.client("dynamodb", REGION), aws.client("s3", REGION)
        dynamodb.create_table(TableName=ENVIRONMENT["TABLE_NAME"], **table_properties())
        s3.create_bucket(Bucket=ENVIRONMENT["BUCKET_NAME"])
        sqs = aws.client("sqs", REGION)
        for name in ("tasks", "webhooks"):
            sqs.create_queue(QueueName=name)
        from remove_background import app

        yield SimpleNamespace(app=app, dynamodb=dynamodb, s3=s3, sqs=sqs)
    aws.client.cache_clear()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def key(entry: SimpleNamespace) -> str:
    """The API key of a fresh account, `shop`."""
    return open_account(entry, Account("shop", "The shop"))


def open_account(entry: SimpleNamespace, account: Account) -> str:
    """Its key."""
    book = DynamoAccountBook(Table(entry.dynamodb, ENVIRONMENT["TABLE_NAME"]))
    key = new_key()
    book.create(account)
    book.add_key(ApiKey(hash_key(key), account.account_id, "test", key[-4:], 0))
    return key


def top_up(entry: SimpleNamespace, account_id: str, amount: int) -> None:
    book = DynamoAccountBook(Table(entry.dynamodb, ENVIRONMENT["TABLE_NAME"]))
    book.top_up(account_id, Micros(amount), str(uuid4()), 0)


@pytest.fixture
def call(entry: SimpleNamespace, key: str):
    """Posts a body as API Gateway would: the event on file, with another body and key."""

    def send(body: object, *, api_key: str | None = key, raw: bool = False) -> tuple[int, dict]:
        event = json.loads((ROOT / "events" / "http.json").read_text())
        event["requestContext"]["timeEpoch"] = time.time_ns() // 1_000_000
        event["body"] = body if raw else json.dumps(body)
        event["isBase64Encoded"] = False
        event["headers"].pop("authorization", None)
        if api_key:
            event["headers"]["authorization"] = f"Bearer {api_key}"
        response = entry.app.handle_http(event, CONTEXT)
        assert response["headers"]["content-type"] == "application/json"
        return response["statusCode"], json.loads(response["body"])

    return send
