"""The 8-bit variant of a model, from its weights and its recipe."""

from pathlib import Path

import onnx

from cutout.imaging.models import ModelSpec
from local.quantisation.integer_graph import build
from local.quantisation.layers import read_layers
from local.quantisation.recipe import load_recipe


def build_variant(spec: ModelSpec, weights: Path) -> bytes:
    """The file's content; always the same, to the bit.

    Args:
        spec: the model.
        weights: its float weights, verified.

    Raises:
        ValueError: the recipe was made for other weights.
    """
    recipe = load_recipe(spec.name)
    if spec.weights is None or recipe.weights != spec.weights.checksum:
        raise ValueError(f"The recipe of {spec.name} was made for the weights {recipe.weights}.")
    content: bytes = build(spec, read_layers(onnx.load(weights)), recipe).SerializeToString(deterministic=True)
    return content
