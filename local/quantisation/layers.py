"""A U2-Net as its ONNX export has it, read back into the layers that it was written in.

The exports compute each size at run time (a thousand nodes, of which two in three only do that), name tensors by number, and return
seven outputs of which the first is used. Here remain the layers that lead to the first, with every size known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Floats = NDArray[np.float32]
Shape = tuple[int, int, int]


@dataclass(frozen=True)
class Convolution:
    """Weights (out, in, k, k) and bias (out), padded so that the size stays; a ReLU follows if `rectified`."""

    weight: Floats
    bias: Floats
    dilation: int
    rectified: bool


@dataclass(frozen=True)
class Layer:
    """One layer and the tensor that it makes, named as in the export.

    `pool` is the maximum of 2x2, rounded up; `resize` is bilinear, to the height and width in `shape`, which is (channels, height, width).
    """

    kind: Literal["convolve", "pool", "resize", "concatenate", "add"]
    output: str
    inputs: tuple[str, ...]
    shape: Shape
    convolution: Convolution | None = None

    @property
    def weights(self) -> Convolution:
        """What a convolving layer convolves with."""
        if self.convolution is None:
            raise ValueError(f"{self.output} is no convolution.")
        return self.convolution


def read_layers(model: onnx.ModelProto) -> list[Layer]:
    """The layers in order; the last one makes the mask's logits, one channel of the picture's size.

    Raises:
        ValueError: the model isn't a U2-Net as PyTorch exports it.
    """
    return list(_walk(_Export(model.graph)))


class _Export:
    """The graph, by name."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._weights = {tensor.name: tensor for tensor in graph.initializer}
        self._maker = {output: node for node in graph.node for output in node.output}
        self.input = next(value for value in graph.input if value.name not in self._weights)
        needed = set(self._ancestors([graph.output[0].name]))
        self.nodes = [node for node in graph.node if node.output[0] in needed]
        self._rectifier = {node.input[0]: node.output[0] for node in self.nodes if node.op_type == "Relu"}

    def array(self, name: str) -> Floats:
        array: Floats = numpy_helper.to_array(self._weights[name])
        return array

    def rectified(self, name: str) -> str | None:
        """What a ReLU makes of the tensor `name`, if one follows."""
        return self._rectifier.get(name)

    def size_source(self, node: onnx.NodeProto) -> str:
        """The tensor whose height and width a resize takes on: the one whose shape is asked for beside its own input's."""
        asked = [self._maker[name].input[0] for name in self._ancestors(node.input[1:]) if self._maker[name].op_type == "Shape"]
        return next(str(name) for name in asked if name != node.input[0])

    def _ancestors(self, names: Sequence[str]) -> Iterator[str]:
        """The computed tensors that `names` come from, themselves included, but not what only a shape is taken of."""
        seen: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self._maker and name not in seen:
                seen.add(name)
                yield name
                node = self._maker[name]
                waiting.extend({"Shape": [], "Resize": node.input[:1]}.get(node.op_type, node.input))


def _walk(export: _Export) -> Iterator[Layer]:
    shapes = {export.input.name: _size(export.input)}
    for node in export.nodes:
        if node.op_type == "Relu":
            continue  # a part of the convolution before it
        if node.op_type == "Sigmoid":
            return
        layer = _layer(export, node, shapes)
        shapes[layer.output] = layer.shape
        yield layer
    raise ValueError("The first output doesn't end in a sigmoid.")


def _size(value: onnx.ValueInfoProto) -> Shape:
    _, channels, height, width = (axis.dim_value for axis in value.type.tensor_type.shape.dim)
    return channels, height, width


def _layer(export: _Export, node: onnx.NodeProto, shapes: Mapping[str, Shape]) -> Layer:
    output, source = node.output[0], node.input[0]
    channels, height, width = shapes[source]
    match node.op_type:
        case "Conv":
            weight, bias = export.array(node.input[1]), export.array(node.input[2])
            dilation = next(attribute.ints[0] for attribute in node.attribute if attribute.name == "dilations")
            rectified = export.rectified(output)
            shape = len(weight), height, width
            return Layer(
                "convolve", rectified or output, (source,), shape, Convolution(weight, bias, dilation, rectified is not None)
            )
        case "MaxPool":
            return Layer("pool", output, (source,), (channels, -(-height // 2), -(-width // 2)))
        case "Resize":
            return Layer("resize", output, (source,), (channels, *shapes[export.size_source(node)][1:]))
        case "Concat":
            return Layer("concatenate", output, tuple(node.input), (sum(shapes[name][0] for name in node.input), height, width))
        case "Add":
            return Layer("add", output, tuple(node.input), (channels, height, width))
    raise ValueError(f"{output}: {node.op_type} is no layer of a U2-Net.")
