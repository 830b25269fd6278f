"""An event that isn't what an entry takes is refused by name, before anything is done with it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


class UnknownEvent(Exception):
    """The event isn't of the kind that the entry takes. Whoever sent it can't be told but by the function's failure."""


def takes(what: str, is_one: Callable[[Any], bool]) -> Callable[[Handler], Handler]:
    """An entry that raises UnknownEvent unless the event is one."""

    def guard(handler: Handler) -> Handler:
        @wraps(handler)
        def guarded(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
            if not is_one(event):
                raise UnknownEvent(f"{handler.__name__} takes {what}; this event is none, or a part of it is missing.")
            return handler(event, context)

        return guarded

    return guard


def is_http_request(event: object) -> bool:
    """API Gateway's payload format 2.0."""
    match event:
        case {
            "headers": dict(),
            "requestContext": {"http": {"method": str()}, "domainName": str(), "timeEpoch": int()},
        }:
            return True
    return False


def are_messages(event: object) -> bool:
    """A batch of SQS messages."""
    match event:
        case {"Records": [_, *_] as records}:
            return all(isinstance(record, dict) and {"messageId", "body"} <= record.keys() for record in records)
    return False


def is_batch_job(event: object) -> bool:
    """S3 Batch Operations, in one of its two schemas."""
    match event:
        case {"invocationSchemaVersion": "1.0" | "2.0", "invocationId": str(), "tasks": [_, *_] as tasks}:
            return all(isinstance(task, dict) and {"taskId", "s3Key"} <= task.keys() for task in tasks)
    return False
