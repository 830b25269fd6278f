"""A U2-Net in 8 bits: activations 0-255, weights -127 to 127, each channel with a scale of its own.

Written in the integer operators of onnxruntime itself, channels last: its kernels take them as they are, where a graph of float operators
between quantise-dequantise pairs is at the mercy of its optimiser. What differs from the float graph:

- A number of an activation is worth a step, which differs from channel to channel. Moving numbers (pooling, resizing, concatenating) needs
  no scale at all; a convolution has the steps of its input in its weights and those of its output in its scales. So to onnxruntime every
  activation has scale 1.
- Every rectified tensor has its zero at 0: a ReLU costs nothing, it is the lower end of the range.
- Resizing is done in float and rounded, since onnxruntime's integer one truncates.
- The picture gets a fourth channel, of zeros: the fast kernels take channels by four.
- The side outputs and the last convolution are one thing (`side_outputs`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from cutout.imaging.models import ModelSpec
from local.quantisation.graph import ORT, Graph
from local.quantisation.layers import Floats, Layer
from local.quantisation.recipe import Recipe
from local.quantisation.side_outputs import OUTPUTS_BY, SideOutput, side_outputs

LEVELS = 255
_LARGEST_WEIGHT = 127
_LARGEST_BIAS = 2**30
_SMALLEST_SCALE = 1e-12  # of a channel that is zero throughout
_CHANNELS_BY = 4
_TO_CHANNELS_FIRST = [0, 3, 1, 2]
_TO_CHANNELS_LAST = [0, 2, 3, 1]


@dataclass(frozen=True)
class Tensor:
    """Numbers 0-255, channels last: the name of the tensor, and what a step of each channel is worth."""

    name: str
    steps: Floats


def build(spec: ModelSpec, layers: Sequence[Layer], recipe: Recipe) -> onnx.ModelProto:
    """The network: input (1, 3, n, n) float as in the original, output (1, 1, n, n) the probability."""
    return _IntegerGraph(layers, recipe).build(input_range(spec))


def input_range(spec: ModelSpec) -> tuple[float, float]:
    """The extremes that a normalised picture can take."""
    mean, std = np.array(spec.mean), np.array(spec.std)
    return float((-mean / std).min()), float(((1 - mean) / std).max())


class _IntegerGraph:
    def __init__(self, layers: Sequence[Layer], recipe: Recipe) -> None:
        self._recipe = recipe
        self._body, self._sides = side_outputs(layers)
        self._graph = graph = Graph()
        self._one = graph.constant("one", 1, np.float32)
        self._none = graph.constant("none", 0, np.uint8)
        self._tensors: dict[str, Tensor] = {}

    def build(self, limits: tuple[float, float]) -> onnx.ModelProto:
        first, *rest = self._body
        picture, side = first.inputs[0], first.shape[1]
        self._tensors[first.output] = self._first(first, limits)
        steps = {
            "convolve": self._convolve,
            "pool": self._pool,
            "resize": self._resize,
            "concatenate": self._concatenate,
            "add": self._add,
        }
        for layer in rest:
            self._tensors[layer.output] = steps[layer.kind](layer)
        logits = self._graph.add("Sum", [self._side_output(output) for output in self._sides], "logits")
        mask = self._graph.add("Sigmoid", [logits], "mask")
        return self._graph.model((picture, [1, 3, side, side]), (mask, [1, 1, side, side]))

    def _first(self, layer: Layer, limits: tuple[float, float]) -> Tensor:
        """The first convolution: it reads the picture, whose zero is in the middle of its range."""
        picture, side = layer.inputs[0], layer.shape[1]
        scale, zero, step = self._signed(picture, *limits)
        blank = self._graph.constant("blank", np.zeros((1, _CHANNELS_BY - 3, side, side)), np.float32)
        padded = self._graph.add("Concat", [picture, blank], f"{picture}/padded", axis=1)
        integers = self._graph.add("QuantizeLinear", [padded, scale, zero], f"{picture}/8")
        last = self._graph.add("Transpose", [integers], f"{picture}/last", perm=_TO_CHANNELS_LAST)
        return self._convolve_from(layer, (last, self._one, zero), np.full(3, step))

    def _convolve(self, layer: Layer) -> Tensor:
        source = self._tensors[layer.inputs[0]]
        if layer.output in self._recipe.floating:
            return self._convolve_in_float(layer, source)
        return self._convolve_from(layer, (source.name, self._one, self._none), source.steps)

    def _convolve_from(self, layer: Layer, source: tuple[str, str, str], source_steps: Floats) -> Tensor:
        name, convolution = layer.output, layer.weights
        clips = np.array(self._recipe.clips[name]) / 100
        weight, scale = quantise_weight(convolution.weight * source_steps[:, None, None], convolution.bias, clips)
        bias = (convolution.bias + np.array(self._recipe.shifts[name], np.float32)) / scale
        target = Tensor(f"{name}/8", self._steps(name))
        self._multiply(
            source, _by_four(weight), bias, scale / target.steps, convolution.dilation, (target.name, self._one, self._none)
        )
        return target

    def _multiply(
        self,
        source: tuple[str, str, str],
        weight: NDArray[np.int8],
        bias: Floats,
        scale: Floats,
        dilation: int,
        target: tuple[str, str, str],
    ) -> None:
        """The convolution of integers; source and target are names of numbers, scale and zero."""
        outputs, _, height, width = weight.shape
        name = target[0]
        inputs = [
            *source,
            self._graph.constant(f"{name}/weight", weight, np.int8),
            self._graph.constant(f"{name}/weight_scale", scale, np.float32),
            self._graph.constant(f"none_{outputs}", np.zeros(outputs), np.int8),
            *target[1:],
            self._graph.constant(f"{name}/bias", np.rint(bias), np.int32),
        ]
        reach = [dilation * (side // 2) for side in (height, width)]
        shape = {"kernel_shape": [height, width], "dilations": [dilation] * 2, "pads": reach * 2}
        self._graph.add("QLinearConv", inputs, name, ORT, channels_last=1, **shape)

    def _convolve_in_float(self, layer: Layer, source: Tensor) -> Tensor:
        name, convolution, steps = layer.output, layer.weights, self._steps(layer.output)
        first = self._graph.add("Transpose", [source.name], f"{name}/first", perm=_TO_CHANNELS_FIRST)
        values = self._graph.add("DequantizeLinear", [first, self._one, self._none], f"{name}/values")
        # The steps of both sides are in the weights.
        weight = convolution.weight * source.steps[:, None, None] / steps[:, None, None, None]
        inputs = [
            values,
            self._graph.constant(f"{name}/weight", weight, np.float32),
            self._graph.constant(f"{name}/bias", convolution.bias / steps, np.float32),
        ]
        reach = convolution.dilation * (weight.shape[2] // 2)
        sums = self._graph.add("Conv", inputs, f"{name}/sums", dilations=[convolution.dilation] * 2, pads=[reach] * 4)
        rectified = self._graph.add("Relu", [sums], f"{name}/rectified")
        integers = self._graph.add("QuantizeLinear", [rectified, self._one, self._none], f"{name}/integers")
        return Tensor(self._graph.add("Transpose", [integers], f"{name}/8", perm=_TO_CHANNELS_LAST), steps)

    def _pool(self, layer: Layer) -> Tensor:
        source = self._tensors[layer.inputs[0]]
        window = {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}
        return Tensor(self._graph.add("NhwcMaxPool", [source.name], f"{layer.output}/8", ORT, **window), source.steps)

    def _resize(self, layer: Layer) -> Tensor:
        channels, height, width = layer.shape
        source = self._tensors[layer.inputs[0]]
        values = self._graph.add("DequantizeLinear", [source.name, self._one, self._none], f"{layer.output}/small")
        resized = self._resize_float(values, f"{layer.output}/float", (1, height, width, channels))
        return Tensor(self._graph.add("QuantizeLinear", [resized, self._one, self._none], f"{layer.output}/8"), source.steps)

    def _resize_float(self, source: str, output: str, size: tuple[int, ...]) -> str:
        inputs = [source, "", "", self._graph.integers(*size)]
        return self._graph.add("Resize", inputs, output, mode="linear", coordinate_transformation_mode="pytorch_half_pixel")

    def _concatenate(self, layer: Layer) -> Tensor:
        parts = [self._tensors[name] for name in layer.inputs]
        joined = self._graph.add("Concat", [part.name for part in parts], f"{layer.output}/8", axis=3)
        return Tensor(joined, np.concatenate([part.steps for part in parts]))

    def _add(self, layer: Layer) -> Tensor:
        unit = self._one, self._none
        inputs = [name for part in layer.inputs for name in (self._tensors[part].name, *unit)]
        return Tensor(self._graph.add("QLinearAdd", [*inputs, *unit], f"{layer.output}/8", ORT), self._steps(layer.output))

    def _side_output(self, side: SideOutput) -> str:
        """Its part of the logits, (1, 1, n, n) float."""
        name, (height, width), graph = side.output, side.shape, self._graph
        source = self._tensors[side.source]
        scale, zero, step = self._signed(f"{name}/planes", *self._recipe.planes[name])
        planes, no_bias = f"{name}/planes", np.zeros(OUTPUTS_BY, np.float32)
        weight, weight_scale = quantise_weight(side.taps * source.steps[:, None, None], no_bias, np.ones(OUTPUTS_BY))
        self._multiply((source.name, self._one, self._none), weight, no_bias, weight_scale / step, 1, (planes, self._one, zero))
        used = graph.add("Slice", [planes, graph.integers(0), graph.integers(9), graph.integers(3)], f"{name}/used")
        padded = graph.add("Pad", [used, graph.integers(0, 1, 1, 0, 0, 1, 1, 0), zero], f"{name}/padded")
        first = graph.add("Transpose", [padded], f"{name}/first", perm=_TO_CHANNELS_FIRST)
        values = graph.add("DequantizeLinear", [first, scale, zero], f"{name}/values")
        shifted = [
            graph.add(
                "Slice",
                [values, graph.integers(tap, y, x), graph.integers(tap + 1, y + height, x + width), graph.integers(1, 2, 3)],
                f"{name}/tap{tap}",
            )
            for tap, (y, x) in enumerate(np.ndindex(3, 3))
        ]
        total = graph.add("Sum", [*shifted, graph.constant(f"{name}/bias", side.bias, np.float32)], f"{name}/sum")
        return total if side.resized is None else self._resize_float(total, f"{name}/resized", (1, 1, *side.resized))

    def _signed(self, name: str, low: float, high: float) -> tuple[str, str, np.float32]:
        """Scale and zero of a tensor that covers [low, high]: their names, and the scale itself."""
        step = np.float32((high - low) / LEVELS)
        scale = self._graph.constant(f"{name}/scale", step, np.float32)
        return scale, self._graph.constant(f"{name}/zero", np.rint(-low / step), np.uint8), step

    def _steps(self, name: str) -> Floats:
        return np.array(self._recipe.steps[name], np.float32)


def quantise_weight(weight: Floats, bias: Floats, clips: NDArray[np.float64]) -> tuple[NDArray[np.int8], Floats]:
    """Weights (out, in, k, k) as integers, and the scale of each output channel: `clips` times its largest weight is 127.

    The scale is never so small that the bias, counted in it, would come near the end of 32 bits.
    """
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    scale = np.maximum(largest * clips / _LARGEST_WEIGHT, np.abs(bias) / _LARGEST_BIAS).clip(_SMALLEST_SCALE).astype(np.float32)
    integers = np.rint(weight / scale[:, None, None, None]).clip(-_LARGEST_WEIGHT, _LARGEST_WEIGHT)
    return integers.astype(np.int8), scale


def _by_four(weight: NDArray[np.int8]) -> NDArray[np.int8]:
    missing = -weight.shape[1] % _CHANNELS_BY
    return np.pad(weight, ((0, 0), (0, missing), (0, 0), (0, 0)))
