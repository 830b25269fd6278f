"""The registry of models, and what a request's `model` resolves to."""

import re

import pytest

from cutout.domain.errors import InvalidParameter
from cutout.imaging.models import Download, WheelMember, accepted_names, load_registry
from cutout.wire.requests import Models

REGISTRY = load_registry()
SPECS = REGISTRY.values()


def resolve(wanted, installed):
    """As a request's `model` is."""
    return Models(accepted_names(installed), "u2netp").resolve(wanted)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_model_has_a_checksum_and_somewhere_to_come_from(spec):
    assert re.fullmatch(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", spec.weights.checksum)
    assert spec.weights.sources


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_rembgs_own_release_is_a_source_of_every_model(spec):
    urls = [source.url for source in spec.weights.sources if isinstance(source, Download)]
    assert all(url.startswith("https://github.com/danielgatis/rembg/releases/download/") for url in urls)
    assert urls


@pytest.mark.parametrize("name", ["u2net", "u2netp"])
def test_the_models_that_run_by_default_come_from_a_wheel_first_and_are_known_by_size_and_sha256(name):
    weights = REGISTRY[name].weights
    assert isinstance(weights.sources[0], WheelMember)
    assert weights.checksum.startswith("sha256:")
    assert weights.size


def test_only_the_model_with_non_commercial_weights_is_flagged():
    assert [spec.name for spec in SPECS if not spec.commercial_use] == ["bria-rmbg"]


def test_the_registry_cannot_be_changed_by_its_readers():
    with pytest.raises(TypeError):
        REGISTRY["u2net"] = REGISTRY["u2netp"]


def test_a_model_answers_to_its_name():
    assert resolve("u2netp", SPECS) == "u2netp"


def test_a_model_answers_to_its_public_id():
    assert resolve("runware:112@10", SPECS) == "birefnet-portrait"


def test_of_two_models_with_one_public_id_the_better_one_is_taken():
    assert resolve("runware:109@1", SPECS) == "u2net"


def test_where_only_the_smaller_one_is_installed_it_takes_the_public_id():
    assert resolve("runware:109@1", [REGISTRY["u2netp"]]) == "u2netp"


def test_a_model_that_is_not_installed_is_an_error_that_lists_those_that_are():
    with pytest.raises(InvalidParameter) as caught:
        resolve("birefnet-general", [REGISTRY["u2netp"]])
    assert caught.value.code == "invalidModel"
    assert caught.value.allowed == ("runware:109@1", "u2netp")
    assert "birefnet-general" in caught.value.message
