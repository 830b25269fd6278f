"""A U2-Net's head: six side outputs, each a 3x3 convolution to one channel, enlarged, and a last 1x1 convolution over them.

A single output channel is the worst case of kernels that make 16 at once. So each is split by taps: a 1x1 convolution to nine planes, of
which the side output is the sum, each plane shifted by its tap. The last convolution is linear and so is enlarging: its six factors go
into the side outputs, and what is left of it is a sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from local.quantisation.layers import Floats, Layer

OUTPUTS_BY = 16
"""Output channels that the fast kernels make at once."""


@dataclass(frozen=True)
class SideOutput:
    """One of the summands of the logits.

    `taps` (16, in, 1, 1) make the nine planes from the tensor `source`, and seven that nobody needs; `shape` is their height and width;
    `resized` is the size to which their shifted sum, with `bias` added, is enlarged, if it is.
    """

    output: str
    source: str
    taps: Floats
    bias: np.float32
    shape: tuple[int, int]
    resized: tuple[int, int] | None


def side_outputs(layers: Sequence[Layer]) -> tuple[list[Layer], list[SideOutput]]:
    """The layers before the head, and the head.

    Raises:
        ValueError: the network has another kind of head.
    """
    *body, gather, last = layers
    made = {layer.output: layer for layer in body}
    if last.convolution is None or gather.kind != "concatenate" or last.convolution.weight.shape[2:] != (1, 1):
        raise ValueError("The network doesn't end in a 1x1 convolution over side outputs.")
    factors = last.convolution.weight[0, :, 0, 0]
    biases = [last.convolution.bias[0], *[0.0] * (len(factors) - 1)]
    sides = []
    for name, factor, extra in zip(gather.inputs, factors, biases, strict=True):
        layer, resized = made[name], None
        if layer.kind == "resize":
            layer, resized = made[layer.inputs[0]], layer.shape[1:]
        sides.append(_side_output(layer, factor, extra, resized))
    head = {*gather.inputs, *(side.output for side in sides)}
    return [layer for layer in body if layer.output not in head], sides


def _side_output(layer: Layer, factor: np.float32, extra: float, resized: tuple[int, int] | None) -> SideOutput:
    if layer.convolution is None:
        raise ValueError(f"{layer.output}: a side output that is no convolution.")
    weight = layer.convolution.weight * factor
    taps = np.zeros((OUTPUTS_BY, weight.shape[1], 1, 1), np.float32)
    taps[:9, :, 0, 0] = weight[0].reshape(-1, 9).T
    bias = np.float32(layer.convolution.bias[0] * factor + extra)
    return SideOutput(layer.output, layer.inputs[0], taps, bias, layer.shape[1:], resized)
