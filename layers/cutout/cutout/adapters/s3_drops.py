"""The drop box's objects in S3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from cutout.domain.errors import ServiceUnavailable
from cutout.service.dropbox import Drop, Opened

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_CACHE_CONTROL: Final = "private, no-cache"
"""A result is overwritten when its original is: whoever keeps a copy asks first whether it still holds."""
_NO_VERSION: Final = "null"
"""What S3 calls the version of an object of a bucket without versioning."""


@dataclass(frozen=True, slots=True)
class S3DropBox:
    """Originals may lie in any bucket that the function's role lets it read; `bucket` takes what is put beside them."""

    client: S3Client
    bucket: str

    @contextmanager
    def open(self, drop: Drop) -> Iterator[Opened | None]:
        try:
            response = self.client.get_object(Bucket=drop.bucket, Key=drop.key, **_version(drop.version_id))
        except (ClientError, BotoCoreError) as error:
            if not _is_missing(error):
                raise _unavailable() from error
            yield None
            return
        body = response["Body"]

        def read() -> bytes:
            try:
                return body.read()
            except BotoCoreError as error:
                raise _unavailable() from error

        with body:
            yield Opened(
                bucket=drop.bucket,
                key=drop.key,
                version=_identity(response),
                etag=response["ETag"].strip('"'),
                size=response["ContentLength"],
                metadata=response["Metadata"],
                read=read,
            )

    def is_current(self, opened: Opened, drop: Drop) -> bool:
        if drop.version_id:
            return True
        try:
            return _identity(self.client.head_object(Bucket=opened.bucket, Key=opened.key)) == opened.version
        except (ClientError, BotoCoreError) as error:
            if not _is_missing(error):
                raise _unavailable() from error
            return False

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str]) -> None:
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=content,
                ContentType=content_type,
                CacheControl=_CACHE_CONTROL,
                Metadata=dict(metadata),
            )
        except (ClientError, BotoCoreError) as error:
            raise _unavailable() from error

    def remove(self, key: str) -> None:
        try:
            self.client.delete_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise _unavailable() from error

    def remove_original(self, opened: Opened) -> None:
        try:
            self.client.delete_object(Bucket=opened.bucket, Key=opened.key, IfMatch=opened.etag)
        except (ClientError, BotoCoreError) as error:
            if _status(error) != HTTPStatus.PRECONDITION_FAILED and not _is_missing(error):
                raise _unavailable() from error


def _identity(response: Any) -> str:
    """The ETag alone would be the same for the same bytes written again, perhaps with other metadata."""
    version_id = response.get("VersionId", _NO_VERSION)
    return f"{response['ETag']} {response['LastModified'].isoformat()}" if version_id == _NO_VERSION else str(version_id)


def _version(version_id: str | None) -> dict[str, Any]:
    return {"VersionId": version_id} if version_id else {}


def _status(error: Exception) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"] if isinstance(error, ClientError) else 0


def _is_missing(error: Exception) -> bool:
    return _status(error) == HTTPStatus.NOT_FOUND


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("The image store doesn't answer now. Nothing was charged.")
