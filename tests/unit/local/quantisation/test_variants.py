"""The 8-bit variants that the registry promises can be made of the weights and the recipes here, to the bit."""

import hashlib
from dataclasses import replace

import pytest

from cutout.adapters.weights import weights_path
from cutout.imaging.models import load_registry
from local.models import DIRECTORY
from local.quantisation.calibrate import NAMES
from local.quantisation.recipe import load_recipe
from local.quantisation.variant import build_variant

REGISTRY = load_registry()


def test_the_models_with_a_variant_are_those_that_can_be_calibrated():
    assert {name for name, spec in REGISTRY.items() if spec.weights_int8} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_variant_made_anew_is_the_registered_one(name):
    weights = weights_path(DIRECTORY, name)
    if not weights.is_file():
        pytest.skip(f"{weights} is missing: `make models` fetches it. Whether its variant can be made is NOT tested.")
    variant = build_variant(REGISTRY[name], weights)
    registered = REGISTRY[name].weights_int8
    assert (f"sha256:{hashlib.sha256(variant).hexdigest()}", len(variant)) == (registered.checksum, registered.size)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_keeps_the_convolutions_in_float_whose_sensitivity_says_so(name):
    recipe = load_recipe(name)
    assert recipe.floating == [output for output, part in recipe.sensitivity.items() if part >= 0.2]


def test_a_recipe_is_refused_for_other_weights(tmp_path):
    spec = REGISTRY["u2netp"]
    with pytest.raises(ValueError, match="was made for the weights sha256:"):
        build_variant(replace(spec, weights=replace(spec.weights, checksum="sha256:0")), tmp_path / "none.onnx")
