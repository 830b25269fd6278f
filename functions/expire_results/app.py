"""Removes results whose time to live is over: every minute, what is due by then."""

from typing import Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from cutout.adapters.aws import client
from cutout.adapters.clock import now_ms
from cutout.adapters.dynamodb.images import DynamoExpiredImages
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.s3_remover import S3ObjectRemover
from cutout.domain.errors import ServiceUnavailable
from cutout.service.expiry import expire
from cutout.settings import expiry_from_environment

TIDY_UP_MS: Final = 10_000
"""A batch is begun only with so much time left: it takes a second, or several where a store is slow."""

logger = Logger()
metrics = Metrics()
settings = expiry_from_environment()
images = DynamoExpiredImages(Table(client("dynamodb", settings.region), settings.table_name))
objects = S3ObjectRemover(client("s3", settings.region), settings.bucket_name)


@logger.inject_lambda_context
@metrics.log_metrics(capture_cold_start_metric=True)
def handle(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001 (a tick says nothing)
    """What can't be removed makes the run fail, so that the alarm on failing runs tells somebody; the others are removed all the same."""
    expired = expire(images, objects, now_ms(), lambda: context.get_remaining_time_in_millis() > TIDY_UP_MS)
    metrics.add_metric("ResultsExpired", MetricUnit.Count, expired.removed)
    logger.info("Expired", extra={"removed": expired.removed, "failed": expired.failed, "complete": expired.is_complete})
    if expired.failed:
        raise ServiceUnavailable(f"{expired.failed} objects could not be deleted.")
