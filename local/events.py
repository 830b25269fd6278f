"""The events in events/, made to fit the local stack: which function one is for, and the objects, names and keys that it speaks of."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from local.template import Application

BUCKET: Final = "cutout-test"
"""What the events call the stack's bucket."""
KEY: Final = "ck_replace-me"
"""What the events call an API key."""
ACCOUNT: Final = "shop"
"""The account whose objects they speak of."""


class EventError(Exception):
    """An event that is none, or that no function of the template takes; the message is for the one who sent it."""


def function_of(event: Mapping[str, Any], application: Application) -> str:
    """The function that AWS would hand this event to, by its logical id.

    Raises:
        EventError: no function takes such events.
    """
    match event:
        case {"routeKey": str(route), "requestContext": {"http": _}}:
            found = next((known.function for known in application.routes if f"{known.method} {known.path}" == route), None)
        case {"requestContext": {"connectionId": _, "routeKey": str(route)}} if application.socket_api:
            found = application.socket_api.routes.get(route)
        case {"Records": [{"eventSource": "aws:sqs", "eventSourceARN": str(arn)}, *_]}:
            # CloudFormation names a queue after its stack and its logical id.
            parts = arn.rpartition(":")[2].split("-")
            found = next((source.function for source in application.queue_sources if source.queue in parts), None)
        case {"invocationSchemaVersion": _, "tasks": _}:
            found = next((known.logical_id for known in application.functions if known.handler.endswith(".handle_batch")), None)
        case {"source": "aws.events", "resources": [str(arn), *_]}:
            found = next((known.function for known in application.schedules if known.name in arn), None)
        case _:
            found = None
    if not found:
        raise EventError("No function of template.yaml takes such an event. Name one: FUNCTION=…")
    return found


def fitted(text: str, bucket: str, key: str) -> Any:
    """An event's text with the local names in place of its own.

    Raises:
        EventError: it isn't JSON.
    """
    try:
        return json.loads(text.replace(BUCKET, bucket).replace(KEY, key))
    except ValueError as error:
        raise EventError(f"The event isn't JSON: {error}") from error


def objects_of(event: Any) -> Iterator[tuple[str, str]]:
    """Bucket and key of every object that an event speaks of, also in the JSON texts of its messages' bodies."""
    match event:
        case {"s3": {"bucket": {"name": str(bucket)}, "object": {"key": str(key)}}}:
            yield bucket, unquote_plus(key)
        case {"s3Key": str(key), "s3BucketArn": str(bucket)} | {"s3Key": str(key), "s3Bucket": str(bucket)}:
            yield bucket.rpartition(":")[2], unquote_plus(key)
        case dict():
            for value in event.values():
                yield from objects_of(value)
        case list():
            for value in event:
                yield from objects_of(value)
        case str() if event.startswith("{"):
            try:
                inner = json.loads(event)
            except ValueError:
                return
            yield from objects_of(inner)
