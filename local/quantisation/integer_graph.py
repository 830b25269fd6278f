"""A U2-Net in 8 bits: activations 0-255 with one scale a tensor, weights -127 to 127 with one scale an output channel.

Written in the integer operators of onnxruntime itself, channels last: its kernels take them as they are, where a graph of float operators
between quantise-dequantise pairs is at the mercy of its optimiser. What differs from the float graph:

- Every rectified tensor has its zero at 0, so that a ReLU costs nothing: it is the lower end of the range.
- A tensor that is only moved (pooled, concatenated) keeps its numbers. A resize is done in float, since onnxruntime's integer one
  truncates, and comes out at the scale of the concatenation that it goes into.
- The picture gets a fourth channel, of zeros: the fast kernels take channels by four.
- The side outputs and the last convolution are one thing (`side_outputs`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from local.quantisation.graph import ORT, Graph
from local.quantisation.layers import Convolution, Floats, Layer
from local.quantisation.recipe import Recipe
from local.quantisation.side_outputs import OUTPUTS_BY, SideOutput, side_outputs

_LEVELS = 255
_LARGEST_WEIGHT = 127
_CHANNELS_BY = 4
_TO_CHANNELS_FIRST = [0, 3, 1, 2]
_TO_CHANNELS_LAST = [0, 2, 3, 1]


@dataclass(frozen=True)
class Tensor:
    """A tensor of 0-255, channels last: the names of its numbers, scale and zero, and the scale itself."""

    numbers: str
    scale: str
    zero: str
    step: np.float32

    @property
    def names(self) -> tuple[str, str, str]:
        return self.numbers, self.scale, self.zero


def build(layers: Sequence[Layer], recipe: Recipe, input_range: tuple[float, float]) -> onnx.ModelProto:
    """The network: input (1, 3, n, n) float as in the original, output (1, 1, n, n) the probability.

    `input_range` are the extremes that the normalised picture can take.
    """
    return _IntegerGraph(layers, recipe).build(input_range)


class _IntegerGraph:
    def __init__(self, layers: Sequence[Layer], recipe: Recipe) -> None:
        self._recipe = recipe
        self._body, self._sides = side_outputs(layers)
        self._tops = tops(self._body, recipe.tops)
        self._graph = Graph()
        self._tensors: dict[str, Tensor] = {}

    def build(self, input_range: tuple[float, float]) -> onnx.ModelProto:
        picture, side = self._body[0].inputs[0], self._body[0].shape[1]
        self._tensors[picture] = self._quantise_picture(picture, side, input_range)
        steps = {
            "convolve": self._convolve,
            "pool": self._pool,
            "resize": self._resize,
            "concatenate": self._concatenate,
            "add": self._add,
        }
        for layer in self._body:
            self._tensors[layer.output] = steps[layer.kind](layer)
        planes = [self._side_output(output) for output in self._sides]
        logits = self._graph.add("Sum", planes, "logits")
        mask = self._graph.add("Sigmoid", [logits], "mask")
        return self._graph.model((picture, [1, 3, side, side]), (mask, [1, 1, side, side]))

    def _quantise_picture(self, name: str, side: int, limits: tuple[float, float]) -> Tensor:
        blank = self._graph.constant("blank", np.zeros((1, _CHANNELS_BY - 3, side, side)), np.float32)
        padded = self._graph.add("Concat", [name, blank], f"{name}/padded", axis=1)
        return self._from_channels_first(padded, self._range(name, *limits))

    def _convolve(self, layer: Layer) -> Tensor:
        assert layer.convolution is not None  # noqa: S101 — every convolving layer has one
        source, target = self._tensors[layer.inputs[0]], self._range(layer.output, 0, self._tops[layer.output])
        if layer.output in self._recipe.floating:
            rectified = self._convolve_in_float(layer, layer.convolution, source)
            return self._from_channels_first(rectified, target)
        clips = np.array(self._recipe.clips[layer.output]) / 100
        shifts = np.array(self._recipe.shifts[layer.output], np.float32)
        weight, scale = quantise_weight(_by_four(layer.convolution.weight), clips)
        return self._convolve_integers(layer.convolution, source, target, (weight, scale), layer.convolution.bias + shifts)

    def _convolve_integers(
        self, convolution: Convolution, source: Tensor, target: Tensor, weight: tuple[NDArray[np.int8], Floats], bias: Floats
    ) -> Tensor:
        integers, scale = weight
        outputs, _, height, width = integers.shape
        reach = [convolution.dilation * (side // 2) for side in (height, width)]
        name = target.numbers
        inputs = [
            *source.names,
            self._graph.constant(f"{name}/weight", integers, np.int8),
            self._graph.constant(f"{name}/weight_scale", scale, np.float32),
            self._graph.constant(f"no_offset_{outputs}", np.zeros(outputs), np.int8),
            target.scale,
            target.zero,
            self._graph.constant(f"{name}/bias", np.rint(bias / (source.step * scale)), np.int32),
        ]
        shape = {"kernel_shape": [height, width], "dilations": [convolution.dilation] * 2, "pads": reach * 2}
        self._graph.add("QLinearConv", inputs, name, ORT, channels_last=1, **shape)
        return target

    def _convolve_in_float(self, layer: Layer, convolution: Convolution, source: Tensor) -> str:
        name, reach = layer.output, convolution.dilation * (convolution.weight.shape[2] // 2)
        inputs = [
            self._to_channels_first(source),
            self._graph.constant(f"{name}/weight", _by_four(convolution.weight), np.float32),
            self._graph.constant(f"{name}/bias", convolution.bias, np.float32),
        ]
        dilations = [convolution.dilation] * 2
        sums = self._graph.add("Conv", inputs, f"{name}/sums", dilations=dilations, pads=[reach] * 4)
        return self._graph.add("Relu", [sums], f"{name}/rectified")

    def _pool(self, layer: Layer) -> Tensor:
        source = self._tensors[layer.inputs[0]]
        numbers = self._graph.add(
            "NhwcMaxPool", [source.numbers], f"{layer.output}/8", ORT, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1
        )
        return Tensor(numbers, source.scale, source.zero, source.step)

    def _resize(self, layer: Layer) -> Tensor:
        channels, height, width = layer.shape
        source, target = self._tensors[layer.inputs[0]], self._range(layer.output, 0, self._tops[layer.output])
        values = self._graph.add("DequantizeLinear", source.names, f"{layer.output}/small")
        resized = self._resize_float(values, f"{layer.output}/float", (1, height, width, channels))
        self._graph.add("QuantizeLinear", [resized, target.scale, target.zero], target.numbers)
        return target

    def _resize_float(self, source: str, output: str, size: tuple[int, ...]) -> str:
        inputs = [source, "", "", self._graph.integers(*size)]
        return self._graph.add("Resize", inputs, output, mode="linear", coordinate_transformation_mode="pytorch_half_pixel")

    def _concatenate(self, layer: Layer) -> Tensor:
        target = self._range(layer.output, 0, self._tops[layer.output])
        parts = [name for part in layer.inputs for name in self._tensors[part].names]
        self._graph.add("QLinearConcat", [target.scale, target.zero, *parts], target.numbers, ORT, axis=3)
        return target

    def _add(self, layer: Layer) -> Tensor:
        target = self._range(layer.output, 0, self._tops[layer.output])
        first, second = (self._tensors[name].names for name in layer.inputs)
        self._graph.add("QLinearAdd", [*first, *second, target.scale, target.zero], target.numbers, ORT)
        return target

    def _side_output(self, side: SideOutput) -> str:
        """Its part of the logits, (1, 1, n, n) float."""
        name, (height, width) = side.output, side.shape
        planes = self._range(f"{name}/planes", *self._recipe.planes[name])
        weight = quantise_weight(side.taps, np.ones(OUTPUTS_BY))
        self._convolve_integers(side.convolution, self._tensors[side.source], planes, weight, np.zeros(OUTPUTS_BY, np.float32))
        graph = self._graph
        used = graph.add("Slice", [planes.numbers, graph.integers(0), graph.integers(9), graph.integers(3)], f"{name}/used")
        padded = graph.add("Pad", [used, graph.integers(0, 1, 1, 0, 0, 1, 1, 0), planes.zero], f"{name}/padded")
        values = self._to_channels_first(Tensor(padded, planes.scale, planes.zero, planes.step))
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

    def _range(self, name: str, low: float, high: float) -> Tensor:
        """A tensor to be, that covers [low, high]."""
        step = np.float32((high - low) / _LEVELS)
        scale = self._graph.constant(f"{name}/scale", step, np.float32)
        zero = self._graph.constant(f"{name}/zero", np.rint(-low / step), np.uint8)
        return Tensor(f"{name}/8", scale, zero, step)

    def _from_channels_first(self, values: str, target: Tensor) -> Tensor:
        integers = self._graph.add("QuantizeLinear", [values, target.scale, target.zero], f"{values}/8")
        self._graph.add("Transpose", [integers], target.numbers, perm=_TO_CHANNELS_LAST)
        return target

    def _to_channels_first(self, tensor: Tensor) -> str:
        turned = self._graph.add("Transpose", [tensor.numbers], f"{tensor.numbers}/turned", perm=_TO_CHANNELS_FIRST)
        return self._graph.add("DequantizeLinear", [turned, tensor.scale, tensor.zero], f"{tensor.numbers}/float")


def tops(layers: Sequence[Layer], calibrated: Mapping[str, float]) -> dict[str, float]:
    """The upper end of each tensor's range, also of those that are only moved."""
    joined = {part: layer.inputs for layer in layers if layer.kind == "concatenate" for part in layer.inputs}
    found: dict[str, float] = {}
    for layer in layers:
        match layer.kind:
            case "convolve" | "add":
                found[layer.output] = calibrated[layer.output]
            case "pool":
                found[layer.output] = found[layer.inputs[0]]
            case "concatenate":
                found[layer.output] = max(found[part] for part in layer.inputs)
            case "resize":
                others = [found[part] for part in joined[layer.output] if part in found]
                found[layer.output] = max(found[layer.inputs[0]], *others)
    return found


def quantise_weight(weight: Floats, clips: NDArray[np.float64]) -> tuple[NDArray[np.int8], Floats]:
    """Weights (out, in, k, k) as integers, and the scale of each output channel: `clips` times its largest weight is 127."""
    largest = np.abs(weight).reshape(len(weight), -1).max(axis=1)
    scale = (np.maximum(largest * clips, 1e-9) / _LARGEST_WEIGHT).astype(np.float32)
    integers = np.rint(weight / scale[:, None, None, None]).clip(-_LARGEST_WEIGHT, _LARGEST_WEIGHT)
    return integers.astype(np.int8), scale


def _by_four(weight: Floats) -> Floats:
    missing = -weight.shape[1] % _CHANNELS_BY
    return np.pad(weight, ((0, 0), (0, missing), (0, 0), (0, 0)))
