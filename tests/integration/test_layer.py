"""What the makefiles leave for `sam build` to package. pip fetches the layer's wheels, as it does there."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def made(folder: str, target: str, into: Path) -> set[str]:
    """The files that a target leaves, by their paths."""
    command = ["make", "--silent", f"--directory={ROOT / folder}", target, f"ARTIFACTS_DIR={into}"]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return {str(path.relative_to(into)) for path in into.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    return made("layers/cutout", "build-CutoutLayer", tmp_path_factory.mktemp("layer"))


@pytest.mark.slow
def test_the_layer_has_the_package_with_its_data(layer):
    files = {"__init__.py", "service/sockets.py", "domain/prices.json", "imaging/models.json"}
    assert {f"python/cutout/{file}" for file in files} <= layer


@pytest.mark.slow
def test_the_layer_has_pydantics_compiled_part_for_both_processors_and_no_other(layer):
    compiled = {Path(file).name for file in layer if file.endswith(".so")}
    assert compiled == {f"_pydantic_core.cpython-313-{processor}-linux-gnu.so" for processor in ("x86_64", "aarch64")}


@pytest.mark.slow
def test_the_layer_has_neither_the_native_module_nor_the_heavy_packages(layer):
    assert not {file for file in layer if "imaging/native" in file}
    assert not {file.split("/")[1] for file in layer} & {"numpy", "onnxruntime", "PIL", "boto3"}


def test_a_function_of_several_modules_is_packaged_as_a_package(tmp_path):
    files = {"__init__.py", "app.py", "wiring.py"}
    assert made("functions", "build-WebSocket", tmp_path) == {f"websocket/{file}" for file in files}
