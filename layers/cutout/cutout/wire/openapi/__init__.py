"""The HTTPS API as an OpenAPI 3.1 document, made from the models that parse requests and the classes of its errors.

`make openapi` writes it to openapi.json. https://spec.openapis.org/oas/v3.1.1
"""

from collections.abc import Iterator
from http import HTTPStatus
from itertools import groupby
from typing import Any, Final

from cutout.domain.errors import error_classes
from cutout.wire.openapi import examples
from cutout.wire.openapi.requests import BODY, task_schemas
from cutout.wire.openapi.results import ERRORS, GATEWAY_MESSAGE, RESULTS, result_schemas
from cutout.wire.openapi.schema import Schema, reference

DESCRIPTION: Final = """Background removal for images. The API is Runware's task API: one endpoint takes an array of tasks and answers with
an item for each, in `data` or in `errors`; one bad task never spoils the others.

The same tasks go over a WebSocket, `wss://HOST/v1`: the first message is `[{"taskType": "authentication", "apiKey": KEY}]`, and each answer
is one frame, `{"data": [ITEM]}` or `{"errors": [ITEM]}`.

A `taskUUID` that is sent again with the same parameters gives the same answer at no charge; with others, `conflictTaskUUID`."""

_GATEWAY_STATUSES: Final = frozenset({413, 429, 500, 503})
"""That API Gateway gives by itself too, with a body of its own."""


def document() -> dict[str, Any]:
    """The whole document, ready for `json.dumps`."""
    return {
        "openapi": "3.1.1",
        "info": {"title": "Cutout", "version": "1", "summary": "Background removal for images", "description": DESCRIPTION},
        "servers": [
            {"url": "https://{host}", "variables": {"host": {"default": "api.example.com", "description": "The deployment's."}}}
        ],
        "paths": {"/v1": {"post": _tasks()}, "/docs/errors": {"get": _error_page()}},
        "webhooks": {"result": {"post": _webhook()}},
        "components": {
            "schemas": {**task_schemas(), **result_schemas()},
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API key. Or, without this header, an `authentication` task as the first element of the array.",
                }
            },
        },
    }


def _tasks() -> Schema:
    return {
        "operationId": "submitTasks",
        "summary": "Do tasks",
        "description": "The status is 200 when at least one task succeeded or was accepted, otherwise the first error's.",
        "security": [{"key": []}, {}],
        "requestBody": {"required": True, "content": _json(BODY, examples.REQUESTS)},
        "responses": {"200": _answered(), **dict(_refused())},
    }


def _answered() -> Schema:
    return {
        "description": "An item for each task, in `data` or in `errors`.",
        "content": _json(reference("Answer"), examples.ANSWERS),
    }


def _refused() -> Iterator[tuple[str, Schema]]:
    """A response for each status that an error has, with the codes that it may have."""
    classes = sorted(error_classes(), key=lambda cls: cls.status)
    for status, group in groupby(classes, key=lambda cls: cls.status):
        codes = ", ".join(f"`{cls.code}`" for cls in group)
        body = {"oneOf": [ERRORS, GATEWAY_MESSAGE]} if status in _GATEWAY_STATUSES else ERRORS
        response: Schema = {
            "description": f"No task succeeded. Codes: {codes}.",
            "content": _json(body, examples.REFUSALS.get(status)),
        }
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            response["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}}
        yield str(int(status)), response


def _error_page() -> Schema:
    page = {"description": "A page for people.", "content": {"text/html": {"schema": {"type": "string"}}}}
    return {"operationId": "explainErrors", "summary": "What each error means", "security": [{}], "responses": {"200": page}}


def _webhook() -> Schema:
    """https://www.standardwebhooks.com"""
    texts = {
        "webhook-id": "The taskUUID. The same at each attempt, so that a delivery that came twice is known.",
        "webhook-timestamp": "When this attempt was made, in seconds since 1970.",
        "webhook-signature": "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64; several, with spaces between, while a secret is replaced.",
    }
    headers = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in texts.items()
    ]
    return {
        "summary": "What became of a task, sent to its `webhookURL`",
        "description": "Sent again, less and less often, until it is answered by 2xx within five seconds.",
        "parameters": headers,
        "requestBody": {"required": True, "content": _json({"anyOf": [*RESULTS, reference("Error")]}, None)},
        "responses": {"2XX": {"description": "Taken."}},
    }


def _json(schema: Schema, named: Schema | None) -> Schema:
    return {"application/json": {"schema": schema, **({"examples": named} if named else {})}}
