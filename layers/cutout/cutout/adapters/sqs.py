"""Messages that lead to tasks: ids only, never a request or a result."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from cutout.domain.errors import ServiceUnavailable
from cutout.domain.tasks import TaskKey

if TYPE_CHECKING:
    from mypy_boto3_sqs.client import SQSClient


@dataclass(frozen=True, slots=True)
class SqsTaskQueue:
    client: SQSClient
    url: str

    def send(self, key: TaskKey) -> None:
        _send(self.client, self.url, {"account": key.account_id, "taskUUID": str(key.task_uuid)})


@dataclass(frozen=True, slots=True)
class SqsWebhookQueue:
    client: SQSClient
    url: str

    def send(self, key: TaskKey, url: str) -> None:
        _send(self.client, self.url, {"account": key.account_id, "taskUUID": str(key.task_uuid), "url": url})


def _send(client: SQSClient, queue_url: str, message: dict[str, Any]) -> None:
    try:
        client.send_message(QueueUrl=queue_url, MessageBody=json.dumps(message, separators=(",", ":")))
    except (ClientError, BotoCoreError) as error:
        raise ServiceUnavailable("The queue doesn't answer now. Send the same task again in a moment.") from error
