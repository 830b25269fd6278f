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
ZIPS = sorted(resource["Properties"]["CodeUri"] for resource in RESOURCES.values() if "CodeUri" in resource.get("Properties", {}))
CODE = "import sys; import app; print(*sys.modules)"
URLS = ("TASKS_QUEUE_URL", "WEBHOOKS_QUEUE_URL", "WEBHOOKS_DEAD_LETTER_QUEUE_URL", "WEBSOCKET_ENDPOINT")


@pytest.mark.parametrize("folder", ZIPS)
def test_a_zip_function_starts_without_the_heavy_packages(folder):
    environment = {**os.environ, **ENVIRONMENT, **dict.fromkeys(URLS, "https://name.example"), "INSTALLED_MODELS": "u2netp"}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT / folder, env=environment, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "cutout" in loaded
    assert not loaded & {"numpy", "PIL", "onnxruntime", "scipy", "skimage"}
    assert "cutout.imaging._native" not in done.stdout.split()
