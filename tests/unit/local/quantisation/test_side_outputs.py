"""A U2-Net's head, taken apart."""

import numpy as np
import pytest

from local.quantisation.layers import Convolution, Layer
from local.quantisation.side_outputs import side_outputs

RNG = np.random.default_rng(0)
SIDE = 6


def convolution(outputs, inputs, side):
    shape = outputs, inputs, side, side
    return Convolution(RNG.standard_normal(shape, np.float32), RNG.standard_normal(outputs, np.float32), 1, rectified=False)


def head(last):
    """Two side outputs, of which the second is enlarged, and the convolution over them."""
    return [
        Layer("convolve", "body", ("picture",), (4, SIDE, SIDE), convolution(4, 3, 3)),
        Layer("pool", "small", ("body",), (4, 3, 3)),
        Layer("convolve", "first", ("body",), (1, SIDE, SIDE), convolution(1, 4, 3)),
        Layer("convolve", "second", ("small",), (1, 3, 3), convolution(1, 4, 3)),
        Layer("resize", "enlarged", ("second",), (1, SIDE, SIDE)),
        Layer("concatenate", "gathered", ("first", "enlarged"), (2, SIDE, SIDE)),
        Layer("convolve", "logits", ("gathered",), (1, SIDE, SIDE), last),
    ]


def windows(planes):
    """(c, h, w) with a border of zeros, as (c, 3, 3, h, w)."""
    padded = np.pad(planes, ((0, 0), (1, 1), (1, 1)))
    _, height, width = planes.shape
    return np.stack(
        [np.stack([padded[:, y : y + height, x : x + width] for x in range(3)], axis=1) for y in range(3)],
        axis=1,
    )


def test_what_is_left_is_the_body_and_one_side_output_for_each_summand():
    body, sides = side_outputs(head(convolution(1, 2, 1)))
    assert [layer.output for layer in body] == ["body", "small"]
    assert [(side.source, side.shape, side.resized) for side in sides] == [
        ("body", (SIDE, SIDE), None),
        ("small", (3, 3), (SIDE, SIDE)),
    ]


def test_shifted_planes_add_up_to_the_convolution_times_its_factor():
    layers = head(last := convolution(1, 2, 1))
    _, (side, _) = side_outputs(layers)
    made = RNG.random((4, SIDE, SIDE), np.float32)
    planes = np.einsum("oi,ihw->ohw", side.taps[:9, :, 0, 0], made)
    shifted = np.pad(planes, ((0, 0), (1, 1), (1, 1)))
    total = sum(shifted[tap, y : y + SIDE, x : x + SIDE] for tap, (y, x) in enumerate(np.ndindex(3, 3))) + side.bias
    whole = np.einsum("iyx,iyxhw->hw", layers[2].weights.weight[0], windows(made)) + layers[2].weights.bias[0]
    np.testing.assert_allclose(total, whole * last.weight[0, 0, 0, 0] + last.bias[0], rtol=1e-4, atol=1e-4)


def test_a_network_with_another_head_is_refused():
    with pytest.raises(ValueError, match="1x1 convolution over side outputs"):
        side_outputs(head(convolution(1, 2, 3)))
