"""What every way in starts with: once, when Lambda loads the function."""

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics

from cutout.domain.errors import CutoutError
from cutout.settings import from_environment
from remove_background.wiring import wire

TIDY_UP_S = 2.0
"""Kept free before the function's own time-out, to record what was not finished."""
LEASE_MARGIN_MS = 5_000
"""By which a task's lease outlives the function that holds it: clocks differ, and a time-out isn't to the millisecond."""

logger = Logger()
metrics = Metrics()


def report(error: CutoutError) -> None:
    logger.error(error.message, extra={"code": error.code}, exc_info=error.__cause__ or error)


app = wire(from_environment(), report)
