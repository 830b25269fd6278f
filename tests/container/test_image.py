"""What is in the image and what isn't, and what it says when something is wrong with its deployment."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from local.docker.container import container
from local.docker.engine import Engine
from local.events import function_of
from local.scene import Scene

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def image(image_of: dict[str, str]) -> str:
    (name,) = set(image_of.values())
    return name


@pytest.fixture
def shell(engine: Engine, image: str):
    return lambda script: engine.run("run", "--rm", "--network=none", "--entrypoint=/bin/sh", image, "-c", script)


def test_all_functions_share_one_image(image_of):
    assert len(image_of) > 1
    assert len(set(image_of.values())) == 1


@pytest.mark.parametrize("tool", ["gcc", "cc", "ld"])
def test_there_is_no_compiler(shell, tool):
    assert shell(f"command -v {tool} || echo none") == "none"


@pytest.mark.parametrize("name", ["tests", "*.pyi", "*.h", "*.c", "*.a", "f2py", "awslambdaric"])
def test_there_is_nothing_that_only_developers_need(shell, name):
    assert shell(f"find /var/task -name '{name}'") == ""


def test_every_module_is_compiled_and_never_compared_with_its_source(shell):
    script = """
import pathlib, sys
sources = list(pathlib.Path("/var/task").rglob("*.py"))
codes = [source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc" for source in sources]
print(len(sources), sum(code.read_bytes()[4:8] == bytes([1, 0, 0, 0]) for code in codes if code.exists()))
"""
    total, unchecked = shell(f"python - <<'END'\n{script}\nEND").split()
    assert int(total) == int(unchecked) > 500


def test_every_package_has_its_licence_or_names_it(shell):
    script = """
import importlib.metadata as metadata
for package in metadata.distributions(path=["/var/task"]):
    told = package.metadata.get("License-Expression") or package.metadata.get("License") or package.metadata.get_all("Classifier")
    files = list(package._path.glob("licenses/**/*")) + list(package._path.glob("LICENSE*"))
    print(package.metadata["Name"], bool(files or told))
"""
    lines = shell(f"python - <<'END'\n{script}\nEND").splitlines()
    assert [line for line in lines if line.endswith("False")] == []
    assert {"numpy", "onnxruntime", "pillow", "pydantic", "cutout"} <= {line.split()[0] for line in lines}


def test_every_service_that_the_sources_name_has_a_client(shell):
    script = """
import boto3
session = boto3.session.Session(region_name="us-east-1")
print(*(session.client(name).meta.service_model.service_name for name in session.get_available_services()))
"""
    services = set(shell(f"python - <<'END'\n{script}\nEND").split())
    assert {"dynamodb", "s3", "sqs", "apigatewaymanagementapi"} <= services
    assert len(services) < 20


@pytest.fixture
def http(stack: Scene):
    """The function that answers the HTTP API, with these variables changed or (None) missing."""
    name = function_of(json.loads((ROOT / "events/http.json").read_text()), stack.application)

    def changed(**variables: str | None):
        environment = stack.functions[name].environment | variables
        return replace(stack.functions[name], environment={key: value for key, value in environment.items() if value is not None})

    return changed


def refusal(answer: str) -> tuple[str, str]:
    body = json.loads(answer)
    return body["errorType"], body["errorMessage"]


def test_a_missing_variable_is_named_at_start(engine, image, http):
    with container(engine, image, http(TABLE_NAME=None)) as function:
        kind, message = refusal(function.invoke(b"{}"))
    assert (kind, message) == ("SettingsError", "The environment variable TABLE_NAME is missing or empty.")


def test_a_model_that_is_not_there_is_named_at_start(engine, image, http):
    with container(engine, image, http(DEFAULT_MODEL="u2net")) as function:
        kind, message = refusal(function.invoke(b"{}"))
    assert kind == "SettingsError"
    assert "u2net" in message
    assert "u2netp" in message


def test_a_model_file_of_a_wrong_checksum_is_refused_at_start(engine, image, http, tmp_path):
    (tmp_path / "Dockerfile").write_text(
        f"FROM {image}\nRUN for file in /opt/models/*.onnx; do printf x | dd of=$file bs=1 seek=2000 conv=notrunc 2>/dev/null; done\n"
    )
    engine.run("build", "--quiet", "--tag=cutout:spoilt", tmp_path)
    with container(engine, "cutout:spoilt", http()) as function:
        kind, message = refusal(function.invoke(b"{}"))
    engine.run("rmi", "cutout:spoilt")
    assert kind == "WeightsError"
    assert "checksum" in message
    assert "/opt/models/u2netp" in message


@pytest.mark.parametrize("handler", ["handle_http", "handle_upload", "handle_batch"])
@pytest.mark.parametrize(
    "event", [b'{"source": "aws.unheard-of"}', b'{"Records": [{"eventSource": "aws:ses"}]}', b"[]"], ids=["unknown", "ses", "list"]
)
def test_an_event_of_an_unknown_source_is_refused_by_name(engine, image, stack, event, handler):
    settings = next(settings for settings in stack.functions.values() if settings.handler.endswith(f".{handler}"))
    with container(engine, image, settings) as function:
        kind, message = refusal(function.invoke(event))
    assert kind == "UnknownEvent"
    assert handler in message
