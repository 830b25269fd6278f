"""The deliverer's side of the Webhooks queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cutout.domain.errors import ServiceUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


@dataclass(frozen=True, slots=True)
class SqsDeliveries:
    """`parked_url`: the queue's dead-letter queue."""

    client: SQSClient
    url: str
    parked_url: str

    def postpone(self, receipt: str, seconds: int) -> None:
        with _available():
            self.client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=seconds)

    def park(self, body: str, reason: str) -> None:
        # A message that the queue moves there by itself has no reason with it: that its attempts are used up goes without saying.
        attributes = {"reason": {"DataType": "String", "StringValue": reason}}
        with _available():
            self.client.send_message(QueueUrl=self.parked_url, MessageBody=body, MessageAttributes=attributes)  # type: ignore[arg-type]


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise ServiceUnavailable("The queue of webhooks doesn't answer now.") from error
