"""API Gateway's WebSocket API: connections that open, bring messages and end; and the queue that has new ones looked at again.

API Gateway passes on nothing that is returned here: replies go out by its management API.
"""

import json
import time
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from cutout.domain.errors import CutoutError, OurFault, as_cutout_error
from cutout.domain.prices import WayIn
from cutout.service.invocation import Invocation
from cutout.service.outcomes import Rejected
from cutout.service.sockets import Frame, FrameRoom, Reply
from cutout.settings import from_environment, sockets_from_environment
from cutout.wire.frames import open_frame, reply_frames
from websocket.wiring import wire

TIDY_UP_S: Final = 2.0
"""Kept free before the function's own time-out, to send the last replies."""

logger = Logger()
metrics = Metrics()


def report(error: CutoutError) -> None:
    logger.error(error.message, extra={"code": error.code}, exc_info=error.__cause__ or error)


app = wire(from_environment(), sockets_from_environment(), report)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """What happened is told by the event's type, which no client can choose; a route's key may come out of a message."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    if "Records" in event:
        return _look_again(event["Records"])
    connection_id = event["requestContext"]["connectionId"]
    match event["requestContext"]["eventType"]:
        case "CONNECT":
            return {"statusCode": _opened(connection_id)}
        case "DISCONNECT":
            app.sockets.closed(connection_id)
        case _:
            app.sockets.send(connection_id, reply_frames(_replies(connection_id, event, context), app.documentation_url))
    return {"statusCode": HTTPStatus.OK}


def _opened(connection_id: str) -> HTTPStatus:
    try:
        app.sockets.opened(connection_id)
    except OurFault as error:
        report(error)
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.OK


def _replies(connection_id: str, event: Mapping[str, Any], context: LambdaContext) -> Iterable[Reply]:
    try:
        frame = open_frame(event.get("body") or "", app.models, app.settings.fetch_allow_hosts)
    except CutoutError as error:
        return [Rejected(error)]
    metrics.add_metric("TasksReceived", MetricUnit.Count, len(frame.requests))
    return app.sockets.received(connection_id, frame, _invocation(frame, context))


def _invocation(frame: Frame, context: LambdaContext) -> Invocation:
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - TIDY_UP_S
    return Invocation(max(1, len(frame.requests)), time.monotonic, deadline, FrameRoom(), WayIn.WEBSOCKET)


def _look_again(messages: list[dict[str, Any]]) -> dict[str, Any]:
    failed = [message["messageId"] for message in messages if not _is_seen_to(message["body"])]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_seen_to(body: str) -> bool:
    try:
        app.sockets.look_again(json.loads(body)["connectionId"])
    except Exception as fault:  # noqa: BLE001 (the others of the batch go on, and this one comes again)
        report(as_cutout_error(fault))
        return False
    return True
