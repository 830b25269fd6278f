"""The three worlds in which every contract test runs: the fakes, moto in this process, and MiniStack beside it."""

import os
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from samtranslator.yaml_helper import yaml_parse

from cutout.adapters import aws
from cutout.adapters.dynamodb.accounts import DynamoAccountStore
from cutout.adapters.dynamodb.audit import DynamoAuditor, DynamoLedger
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.images import DynamoExpiredImages, DynamoImageCatalogue
from cutout.adapters.dynamodb.keys import task_key
from cutout.adapters.dynamodb.rates import DynamoRateCounter
from cutout.adapters.dynamodb.sessions import DynamoSessionStore
from cutout.adapters.dynamodb.table import Backoff, Table
from cutout.adapters.dynamodb.tasks import DynamoTaskStore
from cutout.adapters.dynamodb.webhook_secrets import DynamoWebhookSecrets
from cutout.adapters.s3 import S3ObjectStore
from cutout.adapters.s3_remover import S3ObjectRemover
from cutout.domain.tasks import TaskKey
from cutout.service.book import AccountBook
from cutout.service.expiry import ExpiredImages, ObjectRemover
from cutout.service.ledger import Ledger
from cutout.service.ports import AccountStore, ImageCatalogue, ObjectStore, RateCounter
from cutout.service.reconcile import Auditor
from cutout.service.sessions import SessionStore
from cutout.service.webhooks import WebhookSecrets
from tests.fakes.audit import MemoryAuditor, MemoryLedger
from tests.fakes.book import MemoryAccountBook
from tests.fakes.expiry import MemoryExpiredImages, MemoryObjectRemover
from tests.fakes.rates import MemoryRateCounter
from tests.fakes.sessions import MemorySessionStore
from tests.fakes.stores import MemoryAccountStore, MemoryDatabase, MemoryImageCatalogue, MemoryObjectStore, MemoryTaskStore
from tests.fakes.webhooks import MemoryWebhookSecrets

REGION = "eu-central-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
TEMPLATE = Path(__file__).parents[2] / "template.yaml"
MAX_OBJECT_BYTES = 100_000


@dataclass(frozen=True)
class World:
    """The stores of one world, all on the same table and bucket."""

    name: str
    tasks: DynamoTaskStore | MemoryTaskStore
    images: ImageCatalogue
    accounts: AccountStore
    book: AccountBook
    objects: ObjectStore
    rates: RateCounter
    sessions: SessionStore
    ledger: Ledger
    auditor: Auditor
    secrets: WebhookSecrets
    expired: ExpiredImages
    remover: ObjectRemover
    clock: "Watch"
    """Tells the images' time; other stores are told it with each call."""
    forget: Callable[[TaskKey], None]
    """Lets a task's record expire."""
    client: "Unreliable | None" = None
    place: "Place | None" = None


@dataclass
class Watch:
    """A clock that tests set."""

    now_ms: int = 0

    def __call__(self) -> int:
        return self.now_ms


@dataclass(frozen=True)
class Place:
    """Where another process finds the same table and bucket."""

    endpoint_url: str
    table: str
    bucket: str


class Unreliable:
    """A client whose connections break: each of `faults` breaks one call, "before" it arrives or "after" it was done."""

    OPERATIONS = ("get_item", "query", "scan", "transact_write_items", "update_item", "put_item", "delete_item")

    def __init__(self, client: Any, *, serialised: bool) -> None:
        self._client = client
        self._lock: AbstractContextManager[Any] = RLock() if serialised else nullcontext()
        self.faults: deque[str] = deque()

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        return (lambda **request: self._call(operation, request)) if name in self.OPERATIONS else operation

    def _call(self, operation: Callable[..., Any], request: dict[str, Any]) -> Any:
        fault = self.faults.popleft() if self.faults else None
        if fault == "before":
            raise EndpointConnectionError(endpoint_url="https://dynamodb.example")
        try:
            with self._lock:
                return operation(**request)
        finally:
            if fault == "after":
                # An error that was the answer is lost like any other.
                raise ConnectionClosedError(endpoint_url="https://dynamodb.example")


def fake_world() -> World:
    database, watch = MemoryDatabase(), Watch()
    objects = MemoryObjectStore(max_bytes=MAX_OBJECT_BYTES)
    return World(
        name="fake",
        tasks=MemoryTaskStore(database),
        images=MemoryImageCatalogue(database, watch),
        accounts=MemoryAccountStore(database),
        book=MemoryAccountBook(database),
        objects=objects,
        rates=MemoryRateCounter(),
        sessions=MemorySessionStore(),
        ledger=MemoryLedger(database),
        auditor=MemoryAuditor(database),
        secrets=MemoryWebhookSecrets(),
        expired=MemoryExpiredImages(database),
        remover=MemoryObjectRemover(objects),
        clock=watch,
        forget=lambda key: database.tasks.pop(key) and None,
    )


def clients(**environment: str) -> tuple[Any, Any]:
    """The product's own clients for DynamoDB and S3, as they come out of this environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with patch.dict(os.environ, {**clean, **CREDENTIALS, **environment}, clear=True):
        aws.client.cache_clear()
        pair = aws.client("dynamodb", REGION), aws.client("s3", REGION)
        aws.client.cache_clear()
    return pair


def aws_world(name: str, dynamodb: Any, s3: Any, *, serialised: bool) -> World:
    """A world with a new table and a new bucket. `serialised`: one call at a time."""
    table_name = bucket = f"test-{uuid4()}"
    dynamodb.create_table(TableName=table_name, **table_properties())
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client = Unreliable(dynamodb, serialised=serialised)
    table, watch = Table(client, table_name, Backoff(first_s=0.001, longest_s=0.02)), Watch()  # type: ignore[arg-type]
    return World(
        name=name,
        tasks=DynamoTaskStore(table, task_ttl_days=30, image_ttl_days=30),
        images=DynamoImageCatalogue(table, watch),
        accounts=DynamoAccountStore(table),
        book=DynamoAccountBook(table),
        objects=S3ObjectStore(s3, bucket, url_ttl_s=600, max_bytes=MAX_OBJECT_BYTES),
        rates=DynamoRateCounter(table),
        sessions=DynamoSessionStore(table),
        ledger=DynamoLedger(table),
        auditor=DynamoAuditor(table),
        secrets=DynamoWebhookSecrets(table),
        expired=DynamoExpiredImages(table),
        remover=S3ObjectRemover(s3, bucket),
        clock=watch,
        forget=lambda key: dynamodb.delete_item(TableName=table_name, Key={n: {"S": v} for n, v in task_key(key).items()}) and None,
        client=client,
        place=Place(dynamodb.meta.endpoint_url, table_name, bucket),
    )


@cache
def table_properties() -> dict[str, Any]:
    """The table as template.yaml has it, in the words of CreateTable."""
    properties = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Resources"]["Table"]["Properties"]
    return {name: properties[name] for name in ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")}
