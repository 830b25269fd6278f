"""HTTP to payload 2.0 and back, held against an event of AWS's own and one kept in events/."""

import base64
import json
from pathlib import Path

import pytest

from local.payload import HttpRequest, MalformedResult, to_event, to_response

ROOT = Path(__file__).parents[2]
AT = 1_795_514_400.25  # 24 November 2026, 10:00 UTC


def request(target="/v1", *headers, method="POST", body=b"") -> HttpRequest:
    return HttpRequest(method, target, "HTTP/1.1", "127.0.0.1", (("Host", "localhost:8080"), *headers), body)


def event(target="/v1", *headers, parameters=None, **other) -> dict:
    return to_event(request(target, *headers, **other), "POST /v1", parameters or {}, "id", AT)


def shape(value):
    """Types in place of values."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


def test_a_request_gives_the_event_that_sam_generates():
    expected = json.loads((Path(__file__).parent / "sam-http-api-proxy.json").read_text())
    # Client certificates, authorisers and stage variables are things that the template doesn't use.
    for name in ("authentication", "authorizer"):
        del expected["requestContext"][name]
    del expected["stageVariables"]
    headers = (("Header1", "value1"), ("Header2", "value1"), ("Header2", "value2"), ("Cookie", "cookie1; cookie2"))
    target = f"{expected['rawPath']}?{expected['rawQueryString']}"
    made = event(target, *headers, body=base64.b64decode(expected["body"]), parameters=expected["pathParameters"])
    assert {name.lower(): made["headers"].pop(name.lower()) for name in expected["headers"]} == {
        "header1": "value1",
        "header2": "value1,value2",
    }
    del made["headers"], expected["headers"]
    assert shape(made) == shape(expected)
    same = ("version", "rawPath", "rawQueryString", "cookies", "queryStringParameters", "pathParameters", "body", "isBase64Encoded")
    assert {name: made[name] for name in same} == {name: expected[name] for name in same}


def test_the_same_request_gives_the_event_kept_in_events():
    kept = json.loads((ROOT / "events/http.json").read_text())
    headers = tuple((name, value) for name, value in kept["headers"].items() if not name.startswith("x-forwarded"))
    same = HttpRequest("POST", "/v1", "HTTP/1.1", "203.0.113.7", headers, kept["body"].encode())
    made = to_event(same, "POST /v1", {}, kept["requestContext"]["requestId"], kept["requestContext"]["timeEpoch"] / 1000)
    # What a gateway elsewhere sets otherwise: the account, its API, how the client came.
    for each in (made, kept):
        for name in ("accountId", "apiId"):
            del each["requestContext"][name]
        for name in ("x-forwarded-port", "x-forwarded-proto"):
            del each["headers"][name]
    assert made == kept


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "text/plain", "image/svg+xml", "application/ld+json"]
)
def test_text_is_handed_over_as_it_is(kind):
    made = event("/v1", ("Content-Type", kind), body="Grüße".encode())
    assert (made["body"], made["isBase64Encoded"]) == ("Grüße", False)


@pytest.mark.parametrize("kind", ["image/png", "application/x-www-form-urlencoded", "application/octet-stream", ""])
def test_anything_else_goes_as_base64(kind):
    made = event("/v1", ("Content-Type", kind), body=b"[]")
    assert (made["body"], made["isBase64Encoded"]) == ("W10=", True)


def test_bytes_that_only_claim_to_be_text_lose_nothing():
    made = event("/v1", ("Content-Type", "application/json"), body=b"\xff\xfe")
    assert (base64.b64decode(made["body"]), made["isBase64Encoded"]) == (b"\xff\xfe", True)


def test_a_request_without_body_query_and_cookies_has_no_keys_for_them():
    assert not {"body", "queryStringParameters", "cookies", "pathParameters"} & event().keys()


def test_the_path_is_decoded_and_the_query_is_not():
    made = event("/docs/a%20b?q=a%20b")
    assert (made["rawPath"], made["rawQueryString"], made["queryStringParameters"]) == ("/docs/a b", "q=a%20b", {"q": "a b"})


def test_the_time_is_told_twice():
    context = event()["requestContext"]
    assert (context["time"], context["timeEpoch"]) == ("24/Nov/2026:10:00:00 +0000", 1_795_514_400_250)


def respond(**result):
    return to_response(json.dumps(result).encode())


def test_a_result_with_a_status_is_the_response():
    response = respond(statusCode=201, headers={"X-Id": "7", "Content-Type": "image/png"}, body="iVA=", isBase64Encoded=True)
    assert (response.status, response.body) == (201, b"\x89P")
    assert dict(response.headers) == {"x-id": "7", "content-type": "image/png"}


def test_cookies_become_headers():
    assert [value for name, value in respond(statusCode=200, cookies=["a=1", "b=2"]).headers if name == "set-cookie"] == [
        "a=1",
        "b=2",
    ]


def test_a_result_without_a_status_is_the_body():
    response = to_response(b'{"a": 1}')
    assert (response.status, response.headers, json.loads(response.body)) == (
        200,
        (("content-type", "application/json"),),
        {"a": 1},
    )


def test_the_connection_is_the_gateways_business():
    assert dict(respond(statusCode=200, headers={"Content-Length": "5", "Connection": "close"}).headers).keys() == {"content-type"}


@pytest.mark.parametrize(
    "result",
    [
        b"{",
        b'{"statusCode": "teapot"}',
        b'{"statusCode": 99}',
        b'{"statusCode": 200, "body": {}}',
        b'{"statusCode": 200, "body": "?", "isBase64Encoded": true}',
        b'{"statusCode": 200, "headers": {"x": "a\\r\\nset-cookie: b"}}',
        b'{"statusCode": 200, "headers": "x"}',
        b'{"statusCode": 200, "cookies": 7}',
    ],
)
def test_a_malformed_result_is_refused(result):
    with pytest.raises(MalformedResult):
        to_response(result)
