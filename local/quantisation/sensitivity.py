"""Which convolutions suffer from 8 bits: each is tried alone as the only one that stays float."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import onnxruntime

from cutout.adapters.onnx import session_options
from cutout.imaging.models import ModelSpec, Precision
from local.quantisation.integer_graph import build
from local.quantisation.layers import Floats, Layer
from local.quantisation.recipe import Recipe
from local.quantisation.side_outputs import side_outputs

_THREADS = 2


def sensitivities(
    spec: ModelSpec, layers: Sequence[Layer], recipe: Recipe, batches: Sequence[Floats], masks: Sequence[Floats]
) -> dict[str, float]:
    """For each convolution, what part of the masks' change goes away if it stays float; below 0 where the change grows.

    Args:
        spec: the model.
        layers: the float network's.
        recipe: with all convolutions in 8 bits.
        batches: pictures, normalised.
        masks: what the float network makes of them.
    """

    def change(floating: list[str]) -> float:
        content = build(spec, layers, replace(recipe, floating=floating)).SerializeToString()
        session = onnxruntime.InferenceSession(content, session_options(_THREADS, Precision.INT8))
        source = session.get_inputs()[0].name
        changes = [np.abs(session.run(None, {source: batch})[0] - mask).mean() for batch, mask in zip(batches, masks, strict=True)]
        return float(np.mean(changes))

    whole = change([])
    return {name: 1 - change([name]) / whole for name in _candidates(layers)}


def choose_floating(sensitivity: Mapping[str, float], least: float) -> list[str]:
    """Those that take off at least the part `least` of the change."""
    return [name for name, part in sensitivity.items() if part >= least]


def _candidates(layers: Sequence[Layer]) -> Iterable[str]:
    """All but the first one, which reads the picture, and the head, which is small."""
    body, _ = side_outputs(layers)
    return [layer.output for layer in body if layer.kind == "convolve"][1:]
