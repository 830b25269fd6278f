"""Delivers webhooks: messages of the queue -> signed POSTs -> what failed for now comes again."""

import json
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from cutout.adapters.aws import client
from cutout.adapters.clock import now_ms
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.tasks import DynamoTaskStore
from cutout.adapters.dynamodb.webhook_secrets import DynamoWebhookSecrets
from cutout.adapters.s3 import S3ObjectStore
from cutout.adapters.safe_http import SafeHttp
from cutout.adapters.sqs_deliveries import SqsDeliveries
from cutout.domain.errors import CutoutError
from cutout.domain.tasks import TaskKey
from cutout.service.invocation import AnswerRoom
from cutout.service.respond import Responses
from cutout.service.webhooks import Attempt, Deliveries, Message, Verdict, result_of
from cutout.settings import DeliverySettings, delivery_from_environment
from cutout.wire.deliveries import delivery_of
from cutout.wire.responses import webhook_item

MAX_BODY_BYTES: Final = 6 * 1024 * 1024
"""As much as a synchronous answer carries. What doesn't fit inline becomes `outputTooLarge`, which names the way out."""
FRAME_BYTES: Final = 4096
"""Of it for everything but the inline result."""
COUNTED: Final = {"WebhooksDelivered": Verdict.DELIVERED, "WebhooksRetried": Verdict.RETRY, "WebhooksParked": Verdict.PARK}

logger = Logger()
metrics = Metrics()


def report(error: CutoutError) -> None:
    logger.error(error.message, extra={"code": error.code}, exc_info=error.__cause__ or error)


def wire(settings: DeliverySettings) -> Deliveries:
    """Port by port; kept warm between invocations."""
    table = Table(client("dynamodb", settings.region), settings.table_name)
    # How long things are kept matters to whoever writes them.
    tasks = DynamoTaskStore(table, task_ttl_days=1, image_ttl_days=1)
    objects = S3ObjectStore(
        client("s3", settings.region), settings.bucket_name, url_ttl_s=settings.url_ttl_s, max_bytes=settings.max_input_bytes
    )
    responses = Responses(tasks, objects, now_ms, settings.max_input_bytes)

    def compose(key: TaskKey) -> bytes | None:
        result = result_of(key, responses, AnswerRoom(MAX_BODY_BYTES - FRAME_BYTES))
        if result is None:
            return None
        return json.dumps(webhook_item(result, settings.documentation_url), separators=(",", ":")).encode()

    return Deliveries(
        read=delivery_of,
        compose=compose,
        secrets=DynamoWebhookSecrets(table),
        poster=SafeHttp(allow_hosts=settings.fetch_allow_hosts),
        queue=SqsDeliveries(client("sqs", settings.region), settings.queue_url, settings.parked_url),
        clock=now_ms,
        monotonic=time.monotonic,
        jitter=random.random,
        report=report,
    )


deliveries = wire(delivery_from_environment())


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 (Lambda's signature)
    """A batch at once: while one receiver lets us wait, so do the others. What is to come again is named."""
    messages = event["Records"]
    with ThreadPoolExecutor(len(messages)) as pool:
        attempts = list(pool.map(_take, messages))
    for name, verdict in COUNTED.items():
        metrics.add_metric(name, MetricUnit.Count, sum(attempt.verdict is verdict for attempt in attempts))
    again = [message["messageId"] for message, attempt in zip(messages, attempts, strict=True) if attempt.verdict is Verdict.RETRY]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}


def _take(message: Mapping[str, Any]) -> Attempt:
    number = int(message["attributes"]["ApproximateReceiveCount"])
    attempt = deliveries.take(Message(message["body"], message["receiptHandle"], number))
    # Neither the address nor the body: a receiver may keep a password in the one, and a picture is nobody's business.
    ids = {"account": attempt.key.account_id, "taskUUID": str(attempt.key.task_uuid)} if attempt.key else {}
    logger.info(attempt.reason, extra={"verdict": attempt.verdict, "attempt": number, "message_id": message["messageId"], **ids})
    return attempt
