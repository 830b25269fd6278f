"""By HTTP: event -> typed tasks -> service -> response."""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from cutout.adapters.clock import now_ms
from cutout.domain.errors import AccessError, OurFault, RateLimitExceeded, as_cutout_error
from cutout.service.access import authenticate, keep_to_rate
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.outcomes import Accepted, Completed, Outcome, Rejected
from cutout.wire.error_page import error_page
from cutout.wire.requests import AUTHENTICATION, open_body, parse_task, refused
from cutout.wire.responses import Answer, answer
from remove_background.shape import is_http_request, takes
from remove_background.start import TIDY_UP_S, app, logger, metrics, report
from remove_background.wiring import ANSWER_FRAME_BYTES, LAMBDA_PAYLOAD_BYTES

GATEWAY_PATIENCE_S = 30.0
"""No request that is still of use has waited longer."""


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
@takes("an HTTP API's requests (payload format 2.0)", is_http_request)
def handle_http(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's HTTP API, payload format 2.0: `POST /v1`, and `GET /docs/errors`."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    if event["requestContext"]["http"]["method"] == "GET":
        return _response(200, error_page(), "text/html; charset=utf-8", {"cache-control": "public, max-age=3600"})
    result = _answer(event, context)
    return _response(result.status, json.dumps(result.body, separators=(",", ":")), "application/json", result.headers)


def _answer(event: Mapping[str, Any], context: LambdaContext) -> Answer:
    documentation = _documentation(event)
    try:
        body = open_body(base64.b64decode(event["body"]) if event.get("isBase64Encoded") else event.get("body") or "")
        account = authenticate(_bearer(event["headers"]) or body.api_key, app.accounts)
        try:
            keep_to_rate(account, app.rates, now_ms())
        except RateLimitExceeded as error:
            return answer(refused(body.elements, error), documentation)
        requests = [parse_task(element, app.models, app.settings.fetch_allow_hosts) for element in body.elements]
        outcomes = app.submissions.submit(requests, account, _invocation(event, context, len(requests)))
    except AccessError as error:
        return answer([Rejected(error, AUTHENTICATION)], documentation)
    except Exception as fault:  # noqa: BLE001 (whatever it is, the client gets a typed answer and the operator its cause)
        problem = as_cutout_error(fault)
        if isinstance(problem, OurFault):
            report(problem)
        return answer([Rejected(problem)], documentation)
    _count(outcomes)
    return answer(outcomes, documentation)


def _invocation(event: Mapping[str, Any], context: LambdaContext, tasks: int) -> Invocation:
    """The deadline counts from the request's arrival at the gateway, not from this function's start."""
    waited_s = time.time() - event["requestContext"]["timeEpoch"] / 1000
    if not 0 <= waited_s <= GATEWAY_PATIENCE_S:
        waited_s = 0.0  # an event from a file, or clocks that disagree
    left_s = min(app.settings.deadline_s - waited_s, context.get_remaining_time_in_millis() / 1000 - TIDY_UP_S)
    return Invocation(
        tasks=max(1, tasks),
        monotonic=time.monotonic,
        deadline=time.monotonic() + left_s,
        room=AnswerRoom(LAMBDA_PAYLOAD_BYTES - ANSWER_FRAME_BYTES * (tasks + 1)),
        hands_over=True,
    )


def _bearer(headers: Mapping[str, str]) -> str | None:
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    return key.strip() if scheme.lower() == "bearer" else None


def _documentation(event: Mapping[str, Any]) -> str:
    scheme = event["headers"].get("x-forwarded-proto", "https")
    return f"{scheme}://{event['requestContext']['domainName']}/docs/errors"


def _count(outcomes: list[Outcome]) -> None:
    for name, kind in (("TasksDone", Completed), ("TasksQueued", Accepted), ("TasksRefused", Rejected)):
        metrics.add_metric(name, MetricUnit.Count, sum(isinstance(outcome, kind) for outcome in outcomes))


def _response(status: int, body: str, content_type: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {"statusCode": int(status), "headers": {"content-type": content_type, **headers}, "body": body}
