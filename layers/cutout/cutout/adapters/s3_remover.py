"""Deleting many objects of an S3 bucket."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cutout.domain.errors import ServiceUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


@dataclass(frozen=True, slots=True)
class S3ObjectRemover:
    client: S3Client
    bucket: str

    def remove_all(self, keys: Sequence[str]) -> Collection[str]:
        # Quiet: the answer lists only what went wrong.
        try:
            response = self.client.delete_objects(
                Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
        except (ClientError, BotoCoreError) as error:
            raise ServiceUnavailable("The image store doesn't answer now.") from error
        return frozenset(error["Key"] for error in response.get("Errors", []))
