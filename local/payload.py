"""HTTP to payload format 2.0 and back, as API Gateway's HTTP API does it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

# What is handed over as text. Everything else, what came without a type included, goes as base64.
_TEXT_TYPE: Final = re.compile(r"text/.*|application/(json|javascript|xml)|.*\+(json|xml)", re.IGNORECASE)
# These concern the connection to the client, which is the gateway's business.
_HOP_BY_HOP: Final = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "upgrade"})


class MalformedResult(Exception):
    """The function's result can't be made into an HTTP response."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came in. `headers` keep their order and their repetitions."""

    method: str
    target: str
    protocol: str
    source_ip: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def to_event(
    request: HttpRequest, route_key: str, path_parameters: Mapping[str, str], request_id: str, now: float
) -> dict[str, Any]:
    """The event that API Gateway would make of a request. `now` is in seconds since 1970."""
    headers = _joined((name.lower(), value) for name, value in request.headers if name.lower() != "cookie")
    cookies = [part.strip() for name, value in request.headers if name.lower() == "cookie" for part in value.split(";")]
    raw_path, _, query = request.target.partition("?")
    path = unquote(raw_path)
    host = headers.get("host", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers | {"x-forwarded-for": request.source_ip, "x-forwarded-proto": "http", "x-forwarded-port": _port(host)},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": False,
    }
    # API Gateway leaves out what there is none of.
    if cookies:
        event["cookies"] = cookies
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    if path_parameters:
        event["pathParameters"] = dict(path_parameters)
    if request.body:
        event["body"], event["isBase64Encoded"] = _encoded(request.body, headers.get("content-type", ""))
    return event


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _port(host: str) -> str:
    return host.rpartition(":")[2] if ":" in host else "80"


def _encoded(body: bytes, content_type: str) -> tuple[str, bool]:
    if _TEXT_TYPE.fullmatch(content_type.partition(";")[0].strip()):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass  # said to be text, but isn't: nothing of it may be lost
    return base64.b64encode(body).decode("ascii"), True


def to_response(result: bytes) -> HttpResponse:
    """The response that API Gateway would make of a function's result.

    Raises:
        MalformedResult: the function's result has the wrong form.
    """
    try:
        value = json.loads(result)
    except ValueError as error:
        raise MalformedResult("the result isn't JSON") from error
    if not isinstance(value, dict) or "statusCode" not in value:
        # A result without a status is the body itself.
        body = value if isinstance(value, str) else json.dumps(value)
        return HttpResponse(200, (("content-type", "application/json"),), body.encode())
    given, cookies = value.get("headers") or {}, value.get("cookies") or []
    if not isinstance(given, dict) or not isinstance(cookies, list):
        raise MalformedResult("headers that aren't an object, or cookies that aren't an array")
    headers = {name.lower(): _header_value(item) for name, item in given.items()}
    headers.setdefault("content-type", "text/plain;charset=UTF-8")
    kept = tuple((name, item) for name, item in headers.items() if name not in _HOP_BY_HOP)
    return HttpResponse(
        status=_status(value["statusCode"]),
        headers=kept + tuple(("set-cookie", _header_value(cookie)) for cookie in cookies),
        body=_body(value.get("body"), is_base64=bool(value.get("isBase64Encoded"))),
    )


def _header_value(value: object) -> str:
    text = str(value)
    if "\r" in text or "\n" in text:
        raise MalformedResult("a header with a line break")
    return text


def _status(value: object) -> int:
    if not isinstance(value, int | str) or not str(value).isdigit() or not 100 <= int(value) <= 599:  # noqa: PLR2004 - HTTP's own range
        raise MalformedResult(f"statusCode {value!r}")
    return int(value)


def _body(body: object, *, is_base64: bool) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResult("a body that isn't a string")
    if not is_base64:
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise MalformedResult("a body that isn't base64") from error
