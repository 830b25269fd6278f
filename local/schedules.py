"""EventBridge's schedules on this machine: functions invoked at intervals.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, Final, Protocol
from uuid import uuid4

from local.children import Stopping
from local.function import TooManyRequests
from local.runtime_api import FunctionError
from local.stack import STACK_NAME
from local.template import Schedule, TemplateError

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS: Final = {"minute": 60, "hour": 3600, "day": 86_400}


class Invokable(Protocol):
    def invoke(self, event: bytes, wait_s: float) -> bytes: ...


class Timer:
    """Invokes a function as its schedule says, one after the other: one that takes longer than the interval delays the next."""

    def __init__(self, schedule: Schedule, function: Invokable, region: str, stop: Event) -> None:
        """Raises:
        TemplateError: a schedule that isn't a rate.
        """
        self._schedule = schedule
        self._function = function
        self._region = region
        self._stop = stop
        self._interval_s = interval_s(schedule)

    def start(self) -> None:
        Thread(target=self.run, args=(self._stop.wait,), daemon=True).start()

    def run(self, wait: Callable[[float], bool]) -> None:
        """Until `wait`, which waits for as many seconds, returns true."""
        while not wait(self._interval_s):
            event = self._schedule.event or json.dumps(scheduled_event(self._schedule.name, self._region, datetime.now(UTC)))
            try:
                self._function.invoke(event.encode(), self._interval_s)
            except Stopping:
                return
            except (FunctionError, TooManyRequests) as error:
                print(f"{self._schedule.function}: {error!r}", file=sys.stderr, flush=True)


def interval_s(schedule: Schedule) -> float:
    """Raises:
    TemplateError: it isn't a rate.
    """
    found = _RATE.fullmatch(schedule.expression)
    if not found or not int(found[1]):
        raise TemplateError(
            f"{schedule.name} has the schedule {schedule.expression}; only rates, such as rate(1 minute), run here."
        )
    return float(int(found[1]) * _SECONDS[found[2]])


def scheduled_event(rule: str, region: str, now: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [f"arn:aws:events:{region}:000000000000:rule/{STACK_NAME}-{rule}"],
        "detail": {},
    }
