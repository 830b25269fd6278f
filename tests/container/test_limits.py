"""What becomes of a task whose function is killed, runs out of time, meets its twin, or is told to stop."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.speed.picture import enlarged
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account
from local.docker.container import Container, container
from local.docker.engine import Engine
from local.events import function_of, objects_of
from local.scene import Scene
from tests.container.answers import trouble

ROOT = Path(__file__).parents[2]
TIMEOUT_S, LEASE_S = 10, 15
"""The function's time-out in here, and how long its task is its own: five seconds more."""
TOO_LITTLE_MIB = 224
"""Enough to start, and too little for 12 megapixels."""


@dataclass(frozen=True)
class Drop:
    """A picture, dropped for an account of its own."""

    stack: Scene
    account: str
    event: bytes

    def records(self, kind: str) -> list[dict[str, Any]]:
        """The account's tasks or charges."""
        pages = self.stack.connection.client("dynamodb").get_paginator("scan").paginate(TableName=self.stack.table)
        prefix = f"{kind}#{self.account}#"
        return [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(prefix)]

    @property
    def states(self) -> list[str]:
        return [item["status"]["S"] for item in self.records("TASK")]

    def repeat_until_done(self, function: Container) -> None:
        """As SQS does: again and again, until it is done."""
        start = time.monotonic()
        while (left_s := LEASE_S + 20 - (time.monotonic() - start)) > 0:
            answer = function.invoke(self.event)
            if trouble(answer) is None:
                return
            time.sleep(min(1.0, left_s))
        raise AssertionError(answer)


@pytest.fixture
def drop(stack: Scene) -> Callable[..., Drop]:
    def make(account: str, megapixels: int = 1) -> Drop:
        DynamoAccountBook(Table(stack.connection.client("dynamodb"), stack.table)).create(Account(account, account))
        text = (ROOT / "events/s3-upload.json").read_text().replace("uploads/shop/", f"uploads/{account}/")
        event = stack.fit(text)
        ((bucket, key),) = objects_of(event)
        stack.connection.client("s3").put_object(Bucket=bucket, Key=key, Body=enlarged(megapixels))
        return Drop(stack, account, json.dumps(event).encode())

    return make


@pytest.fixture
def start(engine: Engine, stack: Scene, image_of: dict[str, str]):
    """Call it to start the upload function, with other limits if need be."""
    name = function_of(json.loads((ROOT / "events/s3-upload.json").read_text()), stack.application)
    settings = replace(stack.functions[name], timeout_s=TIMEOUT_S)
    return lambda **limits: container(engine, image_of[name], settings, **limits)


def test_a_task_that_was_killed_for_memory_is_uncharged_and_works_when_repeated(drop, start):
    task = drop("hungry", megapixels=12)
    with start(memory_mib=TOO_LITTLE_MIB, processors=1.0) as function:
        assert "signal: killed" in function.invoke(task.event) + function.log()
    assert task.states == ["processing"]
    assert task.records("CHARGE") == []
    with start() as function:
        assert "batchItemFailures" in function.invoke(task.event)
        task.repeat_until_done(function)
    assert task.states == ["done"]
    assert len(task.records("CHARGE")) == 1


def test_a_task_that_ran_out_of_time_is_uncharged_and_works_when_repeated(drop, start):
    task, small = drop("slow", megapixels=24), drop("small")
    with start() as function:
        assert trouble(function.invoke(small.event)) is None  # it has started
        function.give_processors(0.03)
        assert "Task timed out after 10.00 seconds" in function.invoke(task.event)
        assert task.records("CHARGE") == []
        assert "done" not in task.states
        function.give_processors(1.7)
        task.repeat_until_done(function)
    assert task.states == ["done"]
    assert len(task.records("CHARGE")) == 1


def test_two_at_once_do_two_tasks_and_a_task_sent_to_both_is_done_once(drop, start):
    one, other = drop("one"), drop("other")
    with start() as first, start() as second, ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(one.repeat_until_done, first), pool.submit(other.repeat_until_done, second)]:
            done.result()
        twin = drop("twin")
        for answer in [pool.submit(function.invoke, twin.event) for function in (first, second)]:
            assert "errorType" not in answer.result()
        twin.repeat_until_done(first)
    assert [len(task.records("CHARGE")) for task in (one, other, twin)] == [1, 1, 1]


def test_a_function_that_is_told_to_stop_stops_at_once_and_its_task_works_when_repeated(drop, start):
    task = drop("stopped", megapixels=12)
    with start() as function, ThreadPoolExecutor(1) as pool:
        at_work = pool.submit(function.invoke, task.event)
        while not task.states:
            time.sleep(0.02)
        seconds, status = function.stop()
        assert seconds < 5
        assert status == 0
        with pytest.raises(Exception, match="gives no answer"):
            at_work.result()
    assert task.records("CHARGE") == []
    with start() as function:
        task.repeat_until_done(function)
    assert len(task.records("CHARGE")) == 1
