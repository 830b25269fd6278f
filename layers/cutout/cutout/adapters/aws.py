"""AWS clients: made when first needed, one per service, kept warm between invocations.

The endpoint is AWS_ENDPOINT_URL's where that is set, as boto3 itself reads it.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal, overload

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

_CONFIG: Final[dict[str, dict[str, Any]]] = {
    # Standard mode waits longer each time, and takes the gateway's 429 for a reason to.
    "apigatewaymanagementapi": {"connect_timeout": 2, "read_timeout": 5, "retries": {"mode": "standard", "total_max_attempts": 4}},
    # The adapter retries by itself (table.py): it has to look at what an unanswered transaction did before it says so.
    "dynamodb": {"connect_timeout": 1, "read_timeout": 3, "retries": {"total_max_attempts": 1}, "max_pool_connections": 32},
    # Signature 4 and the region's own host: a URL signed for the global host breaks on its redirect in regions opened since 2019.
    "s3": {
        "connect_timeout": 2,
        "read_timeout": 10,
        "retries": {"mode": "standard", "total_max_attempts": 3},
        "max_pool_connections": 32,
        "signature_version": "s3v4",
        "s3": {"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"},
    },
    "sqs": {"connect_timeout": 1, "read_timeout": 5, "retries": {"mode": "standard", "total_max_attempts": 3}},
}
SERVICES: Final = frozenset(_CONFIG)
"""All that there is a client for; the image keeps botocore's descriptions of no others."""
_MAKING: Final = Lock()
"""A session makes one client at a time."""


@overload
def client(service: Literal["apigatewaymanagementapi"], region: str, endpoint: str) -> ApiGatewayManagementApiClient: ...
@overload
def client(service: Literal["dynamodb"], region: str) -> DynamoDBClient: ...
@overload
def client(service: Literal["s3"], region: str) -> S3Client: ...
@overload
def client(service: Literal["sqs"], region: str) -> SQSClient: ...
@cache
def client(service: str, region: str, endpoint: str | None = None) -> Any:
    """A low-level client, safe to use from several threads. `endpoint`: for a service that has no address but the deployment's own."""
    from botocore.config import Config

    config = Config(**_CONFIG[service])
    with _MAKING:
        return _session().client(service, region_name=region, endpoint_url=endpoint, config=config)  # type: ignore[call-overload]


@cache
def _session() -> Session:
    """One for all: what each client would read about AWS's endpoints by itself takes longer than all the rest about it."""
    import boto3

    return boto3.session.Session()
