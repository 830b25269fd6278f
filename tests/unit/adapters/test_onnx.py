"""Networks on onnxruntime: what they compute, and how a wrong file is met."""

import logging
import shutil
import subprocess
import sys
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest

from cutout.adapters.onnx import OnnxModels, OnnxNetwork
from cutout.adapters.weights import WeightsError
from cutout.imaging.models import ModelSpec, Precision
from tests.unit.adapters.tiny_onnx import SIDE, describe, write_brightness_network

BATCH = np.random.default_rng(0).random((1, 3, SIDE, SIDE), dtype=np.float32)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "brightness.onnx"
    write_brightness_network(path)
    return path


def test_a_network_gives_its_first_output_as_a_plane(path):
    plane = OnnxNetwork(describe(path, "brightness"), path, threads=1).infer(BATCH)
    np.testing.assert_allclose(plane, BATCH[0].mean(axis=0), rtol=1e-6)


def test_the_spec_says_which_output_is_the_mask(path):
    plane = OnnxNetwork(describe(path, "brightness", output=1), path, threads=1).infer(BATCH)
    np.testing.assert_allclose(plane, -BATCH[0].mean(axis=0), rtol=1e-6)


def test_weights_that_load_but_are_not_the_registered_ones_are_refused(path, tmp_path):
    spec = describe(path, "brightness")
    other = tmp_path / "other.onnx"
    write_brightness_network(other, name="brightnesS")
    with pytest.raises(WeightsError, match="sha256 checksum"):
        OnnxNetwork(spec, other, threads=1)


def test_a_truncated_file_is_explained_by_its_size_and_not_by_its_syntax(path):
    spec = describe(path, "brightness")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(WeightsError, match="bytes instead of"):
        OnnxNetwork(spec, path, threads=1)


def test_registered_weights_that_onnxruntime_cannot_read_are_an_error_that_names_the_file(tmp_path):
    path = tmp_path / "text.onnx"
    path.write_text("no network")
    with pytest.raises(WeightsError, match=r"text.onnx can't be loaded"):
        OnnxNetwork(describe(path, "text"), path, threads=1)


def test_a_missing_directory_is_an_error_at_start(tmp_path):
    with pytest.raises(WeightsError, match=r"none is missing. Run: python -m local.models"):
        OnnxModels(tmp_path / "none")


def test_a_directory_without_a_known_model_is_an_error_at_start(tmp_path):
    (tmp_path / "other.onnx").touch()
    with pytest.raises(WeightsError, match="no known model"):
        OnnxModels(tmp_path)


def test_what_is_installed_is_what_the_directory_holds(tmp_path):
    (tmp_path / "u2netp.onnx").touch()
    assert list(OnnxModels(tmp_path).installed) == ["u2netp"]


def test_a_model_with_wrong_weights_is_an_error_when_it_is_loaded(path):
    shutil.copy(path, path.with_name("u2netp.onnx"))
    with pytest.raises(WeightsError, match=r"u2netp.onnx has \d+ bytes instead of 4,574,861"):
        OnnxModels(path.parent).network("u2netp")


def test_a_model_that_is_not_there_is_an_error_with_the_command_that_fetches_it(path):
    shutil.copy(path, path.with_name("u2netp.onnx"))
    with pytest.raises(WeightsError, match=r"Run: python -m local.models u2net$"):
        OnnxModels(path.parent).network("u2net")


def test_a_model_is_loaded_once_however_many_ask(path):
    models = OnnxModels(path.parent, registry={"brightness": describe(path, "brightness")})
    networks = []
    askers = [Thread(target=lambda: networks.append(models.network("brightness"))) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(networks) == 8
    assert len(set(map(id, networks))) == 1


@pytest.fixture
def spec(path) -> ModelSpec:
    """A model that is there in float32 and in int8."""
    spec = describe(path, "brightness")
    variant = path.with_name("brightness.int8.onnx")
    write_brightness_network(variant, name="other")
    return replace(spec, weights_int8=describe(variant, "brightness").weights)


def precision(path, spec, *, gains, wanted=None):
    """What a model is run in."""
    models = OnnxModels(path.parent, precision=wanted, registry={spec.name: spec}, gains_by_bytes=lambda: gains)
    return models.network(spec.name).precision


def test_a_processor_that_gains_by_bytes_gets_the_8_bit_variant(path, spec):
    assert precision(path, spec, gains=True) is Precision.INT8


def test_any_other_processor_gets_floats(path, spec):
    assert precision(path, spec, gains=False) is Precision.FLOAT32


@pytest.mark.parametrize("wanted", Precision)
@pytest.mark.parametrize("gains", [False, True])
def test_the_operators_choice_goes_before_the_processors(path, spec, wanted, gains):
    assert precision(path, spec, gains=gains, wanted=wanted) is wanted


def test_a_model_that_nobody_calibrated_runs_in_floats_whatever_is_wanted(path, spec):
    assert precision(path, replace(spec, weights_int8=None), gains=True, wanted=Precision.INT8) is Precision.FLOAT32


def test_a_wanted_variant_that_is_not_there_is_an_error_with_the_command_that_makes_it(path, spec):
    path.with_name("brightness.int8.onnx").unlink()
    with pytest.raises(WeightsError, match=r"brightness.int8.onnx is missing. Run: python -m local.models brightness$"):
        precision(path, spec, gains=False, wanted=Precision.INT8)


def test_a_variant_that_would_be_faster_but_is_not_there_is_told(path, spec, caplog):
    path.with_name("brightness.int8.onnx").unlink()
    assert precision(path, spec, gains=True) is Precision.FLOAT32
    assert "would run brightness faster in int8. Run: python -m local.models brightness" in caplog.text


def test_a_variant_that_is_not_the_registered_one_is_refused(path, spec):
    write_brightness_network(path.with_name("brightness.int8.onnx"), name="third")
    with pytest.raises(WeightsError, match=r"brightness.int8.onnx has the sha256 checksum"):
        precision(path, spec, gains=True)


def test_the_log_says_what_a_model_runs_in(path, spec, caplog):
    with caplog.at_level(logging.INFO):
        precision(path, spec, gains=True)
    assert "The model brightness runs in int8 on" in caplog.text


def test_listing_models_does_not_import_the_runtime(path):

    code = "import sys, cutout.adapters.onnx; print('onnxruntime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
