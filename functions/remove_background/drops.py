"""By way of S3: objects dropped into the bucket, and those of S3 Batch Operations' jobs."""

import time
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from cutout.domain.errors import CutoutError, as_cutout_error
from cutout.domain.prices import WayIn
from cutout.service.dropbox import Drop, DropBox, may_be_repeated
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.outcomes import Completed, Rejected
from cutout.settings import drop_box_from_environment
from cutout.wire.drops import batch_drop, batch_response, batch_result, drops_of
from remove_background.shape import are_messages, is_batch_job, takes
from remove_background.start import LEASE_MARGIN_MS, TIDY_UP_S, app, logger, metrics, report
from remove_background.wiring import wire_drop_box


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
@takes("messages from SQS", are_messages)
def handle_upload(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """SQS messages with S3's ObjectCreated events. What failed by our fault is named, so that only that is delivered again."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    box, invocation = _box(context, keep_originals=None), _invocation(context, WayIn.QUEUE, len(event["Records"]))
    failed = [message["messageId"] for message in event["Records"] if not _is_done(message["body"], box, invocation)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(message: str, box: DropBox, invocation: Invocation) -> bool:
    try:
        drops = [drop for drop in drops_of(message) if _is_ours(drop)]
    except ValueError as fault:
        # It stays what it is however often it comes: the dead-letter queue shows it to somebody.
        report(as_cutout_error(fault))
        return False
    outcomes = [box.take(drop, invocation) for drop in drops]
    _count(outcomes)
    return not any(may_be_repeated(outcome) for outcome in outcomes)


def _is_ours(drop: Drop) -> bool:
    """The queue takes events of all buckets of this AWS account: the one bucket can't be named before it exists."""
    if drop.bucket == app.settings.bucket_name:
        return True
    logger.warning("An event of another bucket was passed over", extra={"bucket": drop.bucket})
    return False


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
@takes("tasks of S3 Batch Operations", is_batch_job)
def handle_batch(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """S3 Batch Operations, invocation schema 1.0 and 2.0. Originals always stay: an existing bucket is nobody's to tidy."""
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    box, invocation = _box(context, keep_originals=True), _invocation(context, WayIn.S3_BATCH, len(event["tasks"]))
    results = []
    for task in event["tasks"]:
        try:
            drop = batch_drop(event, task, app.settings.bucket_name)
        except CutoutError as error:
            results.append(batch_result(task, "PermanentFailure", f"{error.code}: {error.message}"))
            continue
        outcome = box.take(drop, invocation)
        _count([outcome])
        results.append(batch_result(task, *_verdict(outcome)))
    return batch_response(event, results)


def _verdict(outcome: Completed | Rejected | None) -> tuple[str, str]:
    """A task's result code, and the text that the job's report has beside it."""
    if isinstance(outcome, Rejected):
        code = "TemporaryFailure" if may_be_repeated(outcome) else "PermanentFailure"
        return code, f"{outcome.error.code}: {outcome.error.message}"
    if outcome is None:
        return "PermanentFailure", "imageNotFound: There is no such object, or it was overwritten while it was worked on."
    if may_be_repeated(outcome) or outcome.record.image is None:
        return "TemporaryFailure", "processing: Another invocation is at work on it."
    return "Succeeded", outcome.record.image.object_key


def _invocation(context: LambdaContext, way_in: WayIn, tasks: int) -> Invocation:
    left_s = context.get_remaining_time_in_millis() / 1000 - TIDY_UP_S
    # Nothing of a result travels in the answer.
    return Invocation(max(1, tasks), time.monotonic, time.monotonic() + left_s, AnswerRoom(0), way_in)


def _box(context: LambdaContext, *, keep_originals: bool | None) -> DropBox:
    # The function's own time-out, which only an invocation tells: what is left at its very start, to the second.
    timeout_s = -(-context.get_remaining_time_in_millis() // 1000)
    return _wired(timeout_s * 1000 + LEASE_MARGIN_MS, keep_originals)


@cache
def _wired(lease_ms: int, keep_originals: bool | None) -> DropBox:  # noqa: FBT001 (a cache takes what it is given)
    settings = drop_box_from_environment()
    return wire_drop_box(
        app, settings, report, lease_ms, keep_originals=settings.keep_originals if keep_originals is None else keep_originals
    )


def _count(outcomes: list[Completed | Rejected | None]) -> None:
    metrics.add_metric("TasksDone", MetricUnit.Count, sum(isinstance(outcome, Completed) for outcome in outcomes))
    metrics.add_metric("TasksRefused", MetricUnit.Count, sum(isinstance(outcome, Rejected) for outcome in outcomes))
