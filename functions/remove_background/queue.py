"""By way of the queue: tasks that were accepted and not done at once."""

import json
import time
from functools import cache
from typing import Any
from uuid import UUID

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from cutout.domain.errors import as_cutout_error
from cutout.domain.prices import WayIn
from cutout.domain.tasks import TaskKey
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.queued import QueuedTasks
from cutout.settings import telling_from_environment
from remove_background.shape import are_messages, takes
from remove_background.start import LEASE_MARGIN_MS, TIDY_UP_S, app, logger, metrics, report
from remove_background.wiring import wire_queue

DELIVERIES = 5
"""How often a message is delivered before the dead-letter queue gets it: `maxReceiveCount` in template.yaml."""


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
@takes("messages from SQS", are_messages)
def handle_queue(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """SQS messages that lead to queued tasks. What isn't done with is named, so that only that is delivered again."""
    messages = event["Records"]
    metrics.add_metric("Requests", MetricUnit.Count, len(messages))
    failed = [message["messageId"] for message in messages if not _is_done(message, context, len(messages))]
    metrics.add_metric("TasksPutBack", MetricUnit.Count, len(failed))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(message: dict[str, Any], context: LambdaContext, tasks: int) -> bool:
    try:
        fields = json.loads(message["body"])
        key = TaskKey(fields["account"], UUID(fields["taskUUID"]))
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        # It stays what it is however often it comes: the dead-letter queue shows it to somebody.
        report(as_cutout_error(fault))
        return False
    left_s = context.get_remaining_time_in_millis() / 1000
    invocation = Invocation(tasks, time.monotonic, time.monotonic() + left_s - TIDY_UP_S, AnswerRoom(0), WayIn.QUEUE)
    last = int(message["attributes"]["ApproximateReceiveCount"]) >= DELIVERIES
    return _wired(-int(-left_s // 1) * 1000 + LEASE_MARGIN_MS).work(key, invocation, last=last)


@cache
def _wired(lease_ms: int) -> QueuedTasks:
    return wire_queue(app, telling_from_environment(), report, lease_ms)
