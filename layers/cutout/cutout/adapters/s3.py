"""Objects in a private S3 bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from cutout.adapters.clock import now_ms
from cutout.domain.errors import ImageTooLarge, ServiceUnavailable
from cutout.domain.metering import Meter
from cutout.service.ports import PresignedUpload

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_LONGEST_URL_TTL_S: Final = 3600
"""A signed URL dies with the role's credentials: an hour is what holds in practice."""

_CACHE_CONTROL: Final = "private, max-age=3600, immutable"
"""An object never changes under its key, but shared caches must not hand it to others."""


@dataclass(frozen=True, slots=True)
class S3ObjectStore:
    """`max_bytes`: larger objects are not read into memory."""

    client: S3Client
    bucket: str
    url_ttl_s: int
    max_bytes: int

    def __post_init__(self) -> None:
        if not 0 < self.url_ttl_s <= _LONGEST_URL_TTL_S:
            raise ValueError(f"A signed URL lives for 1 to {_LONGEST_URL_TTL_S} seconds, not {self.url_ttl_s}.")

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str], meter: Meter) -> None:
        meter.s3_puts += 1
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

    def get(self, key: str, meter: Meter) -> bytes | None:
        """Raises:
        ImageTooLarge: it is over `max_bytes`; nothing of it was read.
        """
        meter.s3_gets += 1
        try:
            response = self.client.get_object(Bucket=self.bucket, Key=key)
            with response["Body"] as body:
                if response["ContentLength"] > self.max_bytes:
                    raise ImageTooLarge(
                        f"The stored image has {response['ContentLength']:,} bytes; at most {self.max_bytes:,} are accepted.",
                        maximum=self.max_bytes,
                    )
                return body.read()
        except self.client.exceptions.NoSuchKey:
            return None
        except (ClientError, BotoCoreError) as error:
            raise _unavailable() from error

    def remove(self, key: str, meter: Meter) -> None:  # noqa: ARG002 (S3 takes nothing for it)
        try:
            self.client.delete_object(Bucket=self.bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            raise _unavailable() from error

    def signed_url(self, key: str, within_s: int | None = None) -> str:
        lifetime_s = self.url_ttl_s if within_s is None else min(self.url_ttl_s, within_s)
        return self.client.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": key}, ExpiresIn=lifetime_s)

    def presigned_upload(self, key: str, content_type: str, max_bytes: int) -> PresignedUpload:
        expires_ms = now_ms() + self.url_ttl_s * 1000
        form = self.client.generate_presigned_post(
            self.bucket,
            key,
            Fields={"Content-Type": content_type},
            Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
            ExpiresIn=self.url_ttl_s,
        )
        return PresignedUpload(form["url"], form["fields"], expires_ms)


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("The image store doesn't answer now. Send the same task again in a moment.")
