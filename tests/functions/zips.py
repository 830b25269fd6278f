"""The zip functions' world: a table, a bucket and queues on moto's AWS, and the environment that names them."""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from moto import mock_aws

from cutout.adapters import aws
from tests.contract.worlds import table_properties

REGION = "us-east-1"


@dataclass(frozen=True)
class Zip:
    """A function's module as Lambda imports it, and the clients and names of what it works on."""

    app: ModuleType
    dynamodb: Any
    s3: Any
    sqs: Any
    table: str
    bucket: str
    queue: str
    parked: str


@contextmanager
def imported(module: str, **more: str) -> Iterator[Zip]:
    """`more` is put in place of what the environment would be."""
    name = f"zip-{uuid4().hex[:12]}"
    with mock_aws(), patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}):
        aws.client.cache_clear()  # type: ignore[attr-defined]
        dynamodb, s3, sqs = aws.client("dynamodb", REGION), aws.client("s3", REGION), aws.client("sqs", REGION)
        dynamodb.create_table(TableName=name, **table_properties())
        s3.create_bucket(Bucket=name)
        queue, parked = (sqs.create_queue(QueueName=f"{name}{end}")["QueueUrl"] for end in ("", "-parked"))
        environment = {
            "TABLE_NAME": name,
            "BUCKET_NAME": name,
            "URL_TTL_SECONDS": "3600",
            "MAX_INPUT_BYTES": "52428800",
            "WEBHOOKS_QUEUE_URL": queue,
            "WEBHOOKS_DEAD_LETTER_QUEUE_URL": parked,
            "DOCUMENTATION_URL": "https://api.example/docs/errors",
            "POWERTOOLS_SERVICE_NAME": "cutout",
            "POWERTOOLS_METRICS_NAMESPACE": "Cutout",
        }
        with patch.dict(os.environ, environment | more):
            yield Zip(importlib.import_module(module), dynamodb, s3, sqs, name, name, queue, parked)
    aws.client.cache_clear()  # type: ignore[attr-defined]
