"""Every event in events/, in the image that `sam build` builds: by `sam local invoke`, and in a container under Lambda's limits."""

import json
import time
from pathlib import Path

import pytest

from local import sam
from local.children import Children
from local.docker.container import container
from local.docker.engine import Engine
from local.events import function_of
from local.rie import invoke
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
        pytest.skip(f"{name} has no image; the next test runs it.")
    answer, log = sam.invoke(stack.functions[name], event, sam.local_template(stack.functions), engine.environment)
    assert trouble(answer) is None, log


@each_event
def test_a_function_answers_on_a_read_only_disk_within_its_own_memory_and_processor(
    path: Path, stack: Scene, image_of: dict[str, str], engine: Engine, report: Report
):
    first, second = (stack.fit(another(path.read_text())) for _ in range(2))
    name = function_of(first, stack.application)
    if name not in image_of:
        with Children() as children:
            assert trouble(invoke(stack.functions[name], json.dumps(first).encode(), children).decode()) is None
        return
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
