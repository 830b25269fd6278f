"""The price book: dated, versioned, one file, every figure a decimal string in US dollars."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from importlib import resources
from typing import Any

from cutout.domain.charges import CostLine
from cutout.domain.metering import Meter

MIB_PER_GB = 1024
"""Lambda bills memory in GB of 1,024 MB."""

SQS_REQUESTS_PER_MESSAGE = 3
"""Somebody sends it, Lambda receives it and deletes it. Looking into an empty queue is nobody's task."""

WEBSOCKET_MESSAGES_PER_TASK = 2
"""The task comes in one and its result goes out in another. What keeps a connection open is nobody's task."""

_BY_NAME = (
    "lambda_request",
    "http_api_request",
    "s3_put",
    "s3_get",
    "dynamodb_write",
    "dynamodb_read",
    "sqs_request",
    "s3_batch_object",
    "websocket_message",
)


class WayIn(Enum):
    """How tasks reach us: what one request costs beside the function's time."""

    HTTP_API = "http_api_request", 1
    QUEUE = "sqs_request", SQS_REQUESTS_PER_MESSAGE
    S3_BATCH = "s3_batch_object", 1
    WEBSOCKET = "websocket_message", WEBSOCKET_MESSAGES_PER_TASK


@dataclass(frozen=True, slots=True)
class Tariff:
    """The prices of one region and processor architecture, as they apply to one function of `memory_mib`."""

    version: str
    region: str
    architecture: str
    memory_mib: int
    lambda_gb_second: Decimal
    lambda_request: Decimal
    http_api_request: Decimal
    s3_put: Decimal
    s3_get: Decimal
    dynamodb_write: Decimal
    dynamodb_read: Decimal
    sqs_request: Decimal
    s3_batch_object: Decimal
    websocket_message: Decimal

    def compute(self, billed_ms: int) -> CostLine:
        """Billed milliseconds x memory, in GB-seconds."""
        gb_seconds = Decimal(billed_ms) / 1000 * self.memory_mib / MIB_PER_GB
        return CostLine("lambda_gb_second", gb_seconds, self.lambda_gb_second)

    def request_share(self, tasks_in_request: int, way_in: WayIn = WayIn.HTTP_API) -> tuple[CostLine, ...]:
        """One Lambda request and what brought it here, split evenly over the tasks that came in it."""
        item, quantity = way_in.value
        return (
            CostLine("lambda_request", Decimal(1) / tasks_in_request, self.lambda_request),
            CostLine(item, Decimal(quantity) / tasks_in_request, getattr(self, item)),
        )

    def metered(self, meter: Meter) -> tuple[CostLine, ...]:
        """What the task used of S3 and DynamoDB, and what it used before it came here."""
        lines = (
            CostLine("s3_put", Decimal(meter.s3_puts), self.s3_put),
            CostLine("s3_get", Decimal(meter.s3_gets), self.s3_get),
            CostLine("dynamodb_write", meter.dynamodb_writes, self.dynamodb_write),
            CostLine("dynamodb_read", meter.dynamodb_reads, self.dynamodb_read),
        )
        return (*(line for line in lines if line.quantity), *meter.elsewhere)


def billed(milliseconds: float) -> int:
    """Lambda bills whole milliseconds, rounded up, at least one."""
    return max(1, math.ceil(milliseconds))


def load_price_book() -> Mapping[str, Any]:
    text = resources.files("cutout.domain").joinpath("prices.json").read_text(encoding="utf-8")
    book: Mapping[str, Any] = json.loads(text)
    return book


def tariff(book: Mapping[str, Any], *, region: str, architecture: str, memory_mib: int) -> Tariff:
    """The prices for a function in `region`, or in the book's default region where it has none for it.

    `Tariff.region` tells which: an operator elsewhere adds their region to prices.json (docs/accounting.md).

    Raises:
        LookupError: the book has no such architecture.
    """
    if region not in book["regions"]:
        region = book["default_region"]
    prices = book["regions"][region]
    if architecture not in prices["lambda_gb_second"]:
        raise LookupError(f"The price book {book['version']} has no architecture {architecture!r}; it has x86_64 and arm64.")
    return Tariff(
        version=f"{book['version']} {region}",
        region=region,
        architecture=architecture,
        memory_mib=memory_mib,
        lambda_gb_second=Decimal(prices["lambda_gb_second"][architecture]),
        **{name: Decimal(prices[name]) for name in _BY_NAME},
    )
