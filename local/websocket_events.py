"""The events that API Gateway's WebSocket API makes of a connection's beginning, messages and end.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
"""

import base64
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from local.payload import HttpRequest


def new_id() -> str:
    """Of a connection, a message or a request, as they look there."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode("ascii")


@dataclass(frozen=True, slots=True)
class Peer:
    """A client's end of a connection. `connected_ms` is in milliseconds since 1970 (UTC)."""

    request: HttpRequest
    stage: str
    connected_ms: int
    connection_id: str = field(default_factory=new_id)

    @property
    def user_agent(self) -> str | None:
        agents = [value for name, value in self.request.headers if name.lower() == "user-agent"]
        return agents[0] if agents else None

    @property
    def domain(self) -> str:
        hosts = [value for name, value in self.request.headers if name.lower() == "host"]
        return hosts[0] if hosts else ""


def connect_event(peer: Peer, now_ms: int) -> dict[str, Any]:
    headers: dict[str, list[str]] = {}
    for name, value in peer.request.headers:
        headers.setdefault(name, []).append(value)
    for name, value in (("X-Forwarded-For", peer.request.source_ip), ("X-Forwarded-Proto", "http")):
        headers[name] = [value]
    event = {
        # The last of several is the one that stands.
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "requestContext": _context(peer, "$connect", "CONNECT", now_ms),
        "isBase64Encoded": False,
    }
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(peer.request.target.partition("?")[2], keep_blank_values=True):
        query.setdefault(name, []).append(value)
    if query:
        event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
        event["multiValueQueryStringParameters"] = query
    return event


def message_event(peer: Peer, route_key: str, body: str, now_ms: int) -> dict[str, Any]:
    context = _context(peer, route_key, "MESSAGE", now_ms) | {"messageId": new_id()}
    return {"requestContext": context, "body": body, "isBase64Encoded": False}


def disconnect_event(peer: Peer, code: int, reason: str, now_ms: int) -> dict[str, Any]:
    ended = {"disconnectStatusCode": code, "disconnectReason": reason}
    headers = {"Host": peer.domain, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    return {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": _context(peer, "$disconnect", "DISCONNECT", now_ms) | ended,
        "isBase64Encoded": False,
    }


def _context(peer: Peer, route_key: str, event_type: str, now_ms: int) -> dict[str, Any]:
    identity = {"sourceIp": peer.request.source_ip} | ({"userAgent": peer.user_agent} if peer.user_agent else {})
    return {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": new_id(),
        "requestTime": datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "messageDirection": "IN",
        "stage": peer.stage,
        "connectedAt": peer.connected_ms,
        "requestTimeEpoch": now_ms,
        "identity": identity,
        "requestId": str(uuid4()),
        "domainName": peer.domain,
        "connectionId": peer.connection_id,
        "apiId": "local",
    }
