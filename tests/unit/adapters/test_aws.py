"""The clients as they are configured."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from cutout.adapters import aws
from cutout.adapters.s3 import S3ObjectStore


@pytest.fixture(autouse=True)
def new_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    aws.client.cache_clear()
    yield
    aws.client.cache_clear()


def signed_host(region: str) -> str | None:
    return urlsplit(S3ObjectStore(aws.client("s3", region), "bucket", 60, 1).signed_url("key")).hostname


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-3"])
def test_a_signed_url_names_the_regions_own_host(region: str) -> None:
    assert signed_host(region) == f"bucket.s3.{region}.amazonaws.com"


def test_a_client_is_made_once() -> None:
    assert aws.client("s3", "us-east-1") is aws.client("s3", "us-east-1")


def test_the_endpoint_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert aws.client("dynamodb", "us-east-1").meta.endpoint_url == "http://127.0.0.1:4566"
    assert signed_host("us-east-1") == "127.0.0.1"


@pytest.mark.parametrize("ttl", [0, 3601])
def test_a_signed_url_lives_an_hour_at_most(ttl: int) -> None:
    with pytest.raises(ValueError, match="1 to 3600 seconds"):
        S3ObjectStore(aws.client("s3", "us-east-1"), "bucket", ttl, 1)
