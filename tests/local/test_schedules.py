"""Schedules: when a function is invoked, and with what."""

import json
from datetime import UTC, datetime
from threading import Event

import pytest

from local.children import Stopping
from local.function import TooManyRequests
from local.runtime_api import FunctionError
from local.schedules import Timer, interval_s, scheduled_event
from local.template import Schedule, TemplateError


class Scripted:
    """A function that raises the next of `errors` each time, None: does it."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.events: list[dict] = []

    def invoke(self, event: bytes, wait_s: float) -> bytes:
        self.events.append(json.loads(event))
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        return b"null"


def schedule(expression: str = "rate(1 minute)", event: str | None = None) -> Schedule:
    return Schedule("Sweep", "Toy", expression, event)


def run(function: Scripted, times: int, event: str | None = None) -> list[float]:
    """Let the time come so often; returns how long was waited each time."""
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) > times

    Timer(schedule(event=event), function, "eu-west-1", Event()).run(wait)
    return waits


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 hours)", 7200), ("rate(1 day)", 86_400)]
)
def test_a_rate_is_an_interval(expression, seconds):
    assert interval_s(schedule(expression)) == seconds


@pytest.mark.parametrize("expression", ["cron(0 12 * * ? *)", "rate(0 minutes)", "rate(1 week)", ""])
def test_another_schedule_is_refused_by_name(expression):
    with pytest.raises(TemplateError, match=r"^Sweep has the schedule"):
        interval_s(schedule(expression))


def test_a_function_is_invoked_once_an_interval_the_first_time_after_one():
    function = Scripted()
    assert run(function, 2) == [60, 60, 60]
    assert len(function.events) == 2


def test_the_event_is_eventbridges():
    event = scheduled_event("Sweep", "eu-west-1", datetime(2026, 11, 24, 10, tzinfo=UTC))
    assert (event["detail-type"], event["source"], event["time"], event["detail"]) == (
        "Scheduled Event",
        "aws.events",
        "2026-11-24T10:00:00Z",
        {},
    )


def test_a_rules_own_event_goes_in_place_of_it():
    function = Scripted()
    run(function, 1, event='{"only": "this"}')
    assert function.events == [{"only": "this"}]


@pytest.mark.parametrize("error", [FunctionError("ValueError", "no"), TooManyRequests()])
def test_a_failure_does_not_end_the_schedule(error):
    function = Scripted(error, None)
    run(function, 2)
    assert len(function.events) == 2


def test_the_end_of_the_stack_ends_it():
    function = Scripted(Stopping())
    run(function, 5)
    assert len(function.events) == 1
