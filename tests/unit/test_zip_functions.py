"""What the zip functions must be able to start without: their layer doesn't have it, and a cold start doesn't need it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.functions.conftest import ENVIRONMENT

ROOT = Path(__file__).parents[2]
RESOURCES = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
ZIPS = [
    pytest.param(properties["CodeUri"], properties["Handler"].rpartition(".")[0], id=name)
    for name, properties in ((name, resource.get("Properties", {})) for name, resource in RESOURCES.items())
    if "CodeUri" in properties
]
URLS = ("TASKS_QUEUE_URL", "WEBHOOKS_QUEUE_URL", "WEBHOOKS_DEAD_LETTER_QUEUE_URL", "WEBSOCKET_ENDPOINT", "CONNECTIONS_QUEUE_URL")
MORE = {"INSTALLED_MODELS": "u2netp", "WORKER_MEMORY_SIZE": "1769", **dict.fromkeys(URLS, "https://name.example")}


@pytest.mark.parametrize(("folder", "module"), ZIPS)
def test_a_zip_function_starts_without_the_heavy_packages(folder, module):
    code = f"import sys; import {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / folder,
        env={**os.environ, **ENVIRONMENT, **MORE},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "cutout" in loaded
    assert not loaded & {"numpy", "PIL", "onnxruntime", "scipy", "skimage"}
    assert "cutout.imaging._native" not in done.stdout.split()
