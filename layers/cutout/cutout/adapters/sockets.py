"""API Gateway's WebSocket connections: sending to them, closing them, having somebody look at them again.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cutout.adapters.aws import client
from cutout.domain.errors import ServiceUnavailable

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi.client import ApiGatewayManagementApiClient
    from mypy_boto3_sqs.client import SQSClient


def management_client(endpoint: str, region: str) -> ApiGatewayManagementApiClient:
    """`endpoint`: the WebSocket API's own address, its stage included, with https for wss."""
    return client("apigatewaymanagementapi", region, endpoint)


@dataclass(frozen=True, slots=True)
class ApiGatewayConnections:
    client: ApiGatewayManagementApiClient

    def send(self, connection_id: str, frame: bytes) -> bool:
        try:
            self.client.post_to_connection(ConnectionId=connection_id, Data=frame)
        except self.client.exceptions.GoneException:
            return False
        except (ClientError, BotoCoreError) as error:
            raise _unavailable() from error
        return True

    def close(self, connection_id: str) -> None:
        try:
            self.client.delete_connection(ConnectionId=connection_id)
        except self.client.exceptions.GoneException:
            return
        except (ClientError, BotoCoreError) as error:
            raise _unavailable() from error


@dataclass(frozen=True, slots=True)
class SqsWatch:
    """The queue itself delays its messages."""

    client: SQSClient
    url: str

    def set(self, connection_id: str) -> None:
        try:
            self.client.send_message(QueueUrl=self.url, MessageBody=json.dumps({"connectionId": connection_id}))
        except (ClientError, BotoCoreError) as error:
            raise _unavailable() from error


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("The connection can't be served now. Send the same task again in a moment.")
