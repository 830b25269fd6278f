"""A toy function in AWS's own emulator, with its answer, its failure, its time-out, and a disk that it can't write to."""

import json
import shutil
from pathlib import Path

import pytest

from local.children import Children
from local.invoke import has_failed, shown
from local.rie import EmulatorError, emulator, invoke
from local.stack import FunctionSettings

try:
    emulator()
except EmulatorError as reason:
    pytestmark = pytest.mark.skip(reason=f"{reason} The emulator is NOT tested.")

CODE = """
import os, time

def answer(event, context):
    return {"sent": event, "memory": context.memory_limit_in_mb}

def fail(event, context):
    raise ValueError("no such colour")

def sleep(event, context):
    time.sleep(30)

def write(event, context):
    open("/tmp/mine", "w").close()
    open(os.path.join(os.path.dirname(__file__), "mine"), "w").close()
"""


@pytest.fixture
def send(children: Children, tmp_path: Path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/toy.py").write_text(CODE)

    def to(handler: str, event: object = None) -> str:
        settings = FunctionSettings("Toy", f"toy.{handler}", tmp_path / "code", 2, 512, {"AWS_REGION": "us-east-1"})
        with (tmp_path / "log").open("wb") as log:
            return invoke(settings, json.dumps(event).encode(), children, log).decode()

    return to


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory):
    """Not below /tmp, which the function has one of its own of."""
    folder = Path("/var/tmp") / tmp_path_factory.mktemp("rie").name  # noqa: S108 - removed below
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_the_functions_answer_comes_back(send):
    assert json.loads(send("answer", {"colour": "blue"})) == {"sent": {"colour": "blue"}, "memory": "512"}


def test_a_function_that_raises_has_failed_and_says_why(send):
    answer = send("fail")
    assert has_failed(answer)
    assert json.loads(answer)["errorMessage"] == "no such colour"


def test_a_function_that_takes_too_long_is_ended(send):
    answer = send("sleep")
    assert has_failed(answer)
    assert "timed out after 2.00 seconds" in shown(answer)


@pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap isn't installed; that the disk is read-only is NOT tested.")
def test_nothing_but_tmp_can_be_written(send):
    answer = json.loads(send("write"))
    assert answer["errorType"] == "OSError"
    assert "Read-only file system" in answer["errorMessage"]


def test_long_texts_are_cut_for_people():
    assert shown('{"imageBase64Data": "' + "A" * 5000 + '"}').endswith('A… (5,000 characters)"\n}')
