"""Every event in events/, in the image that `sam build` builds: by `sam local invoke`, and in a container under Lambda's limits."""

import json
import time
from pathlib import Path

import pytest

from local import sam
from local.docker.container import container
from local.docker.engine import Engine
from local.events import function_of
from local.queues import to_event
from local.scene import Scene
from tests.container.answers import another, trouble
from tests.container.report import Report

ROOT = Path(__file__).parents[2]
EVENTS = sorted((ROOT / "events").glob("*.json"))

each_event = pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.name)


@each_event
def test_sam_local_invoke_answers(path: Path, stack: Scene, image_of: dict[str, str], engine: Engine):
    event = stack.fit(another(path.read_text()))
    name = function_of(event, stack.application)
    if name not in image_of:
        pytest.skip(f"{name} has no image.")
    answer, log = sam.invoke(stack.functions[name], event, sam.local_template(stack.functions), engine.environment)
    assert trouble(answer) is None, log


@each_event
def test_a_function_answers_on_a_read_only_disk_within_its_own_memory_and_processor(
    path: Path, stack: Scene, image_of: dict[str, str], engine: Engine, report: Report
):
    first, second = (stack.fit(another(path.read_text())) for _ in range(2))
    name = function_of(first, stack.application)
    if name not in image_of:
        pytest.skip(f"{name} has no image.")
    with container(engine, image_of[name], stack.functions[name]) as function:
        start = time.monotonic()
        answer = function.invoke(json.dumps(first).encode())
        whole_ms = (time.monotonic() - start) * 1000
        assert trouble(answer) is None, function.log()
        start = time.monotonic()
        answer = function.invoke(json.dumps(second).encode())
        warm_ms = (time.monotonic() - start) * 1000
        assert trouble(answer) is None, function.log()
        init_ms = function.init_ms() or 0.0
    report.events.append((path.name, name, init_ms, whole_ms - init_ms, warm_ms))
    assert init_ms < 10_000  # Lambda's own limit


def test_a_task_that_was_put_off_is_done_by_the_queues_function(stack: Scene, image_of: dict[str, str], engine: Engine):
    event = stack.fit(another((ROOT / "events/http.json").read_text()))
    tasks = json.loads(event["body"])
    event["body"] = json.dumps([task | {"deliveryMethod": "async"} for task in tasks])
    name = function_of(event, stack.application)
    with container(engine, image_of[name], stack.functions[name]) as function:
        assert trouble(function.invoke(json.dumps(event).encode())) is None
    sqs = stack.connection.client("sqs")
    (queue,) = (url for url in sqs.list_queues()["QueueUrls"] if "TasksQueue" in url)
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5, MessageSystemAttributeNames=["All"])["Messages"]
    delivered = to_event(messages, f"arn:aws:sqs:us-east-1:000000000000:{queue.rpartition('/')[2]}", "us-east-1")
    worker = function_of(delivered, stack.application)
    with container(engine, image_of[worker], stack.functions[worker]) as function:
        assert trouble(function.invoke(json.dumps(delivered).encode())) is None, function.log()
    uuid = tasks[0]["taskUUID"]
    items = stack.connection.client("dynamodb").scan(TableName=stack.table)["Items"]
    assert [item["status"]["S"] for item in items if item["pk"]["S"].startswith("TASK#") and item["pk"]["S"].endswith(uuid)] == [
        "done"
    ]
    assert sum(item["pk"]["S"].startswith("CHARGE#") and item["pk"]["S"].endswith(uuid) for item in items) == 1
