"""AWS clients: made when first needed, one per service, kept warm between invocations.

The endpoint is AWS_ENDPOINT_URL's where that is set, as boto3 itself reads it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, overload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sqs.client import SQSClient

_CONFIG: Final[dict[str, dict[str, Any]]] = {
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


@overload
def client(service: Literal["dynamodb"], region: str) -> DynamoDBClient: ...
@overload
def client(service: Literal["s3"], region: str) -> S3Client: ...
@overload
def client(service: Literal["sqs"], region: str) -> SQSClient: ...
@cache
def client(service: str, region: str) -> Any:
    """A low-level client, safe to use from several threads."""
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(service, region_name=region, config=Config(**_CONFIG[service]))  # type: ignore[call-overload]
