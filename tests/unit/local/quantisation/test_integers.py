"""Rounding weights to 8 bits: what may be lost, and what may not."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from local.quantisation.calibrate import choose_clips, spread
from local.quantisation.integer_graph import quantise_weight
from local.quantisation.layers import Convolution, Layer

WEIGHTS = arrays.arrays(np.float32, (3, 2, 3, 3), elements=st.floats(-4, 4, width=32))
BIASES = arrays.arrays(np.float32, 3, elements=st.floats(-100, 100, width=32))
POSITIVE = arrays.arrays(np.float32, 2, elements=st.floats(0.125, 64, width=32))


@given(weight=WEIGHTS, bias=BIASES)
@settings(deadline=None)
def test_a_weight_is_off_by_half_a_step_at_most(weight, bias):
    integers, scale = quantise_weight(weight, bias, np.ones(3))
    steps = scale[:, None, None, None]
    assert (np.abs(weight - integers * steps) <= steps * 0.5001).all()


@given(weight=WEIGHTS, bias=BIASES)
@settings(deadline=None)
def test_a_bias_fits_into_32_bits_of_its_channels_steps(weight, bias):
    _, scale = quantise_weight(weight, bias, np.ones(3))
    assert (np.abs(bias / scale) <= 2**30 * 1.001).all()


@given(weight=WEIGHTS)
@settings(deadline=None)
def test_cutting_off_gives_the_small_weights_finer_steps(weight):
    none = np.zeros(3, np.float32)
    _, whole = quantise_weight(weight, none, np.ones(3))
    _, half = quantise_weight(weight, none, np.full(3, 0.5))
    assert (half <= whole).all()


@given(weight=WEIGHTS, mean=POSITIVE, variance=POSITIVE)
@settings(deadline=None, max_examples=30)
def test_where_to_cut_off_is_never_worse_than_not_to(weight, mean, variance):
    none = np.zeros(3, np.float32)

    def estimated(clips):
        integers, scale = quantise_weight(weight, none, clips)
        return ((weight - integers * scale[:, None, None, None]) ** 2 * variance[:, None, None]).sum(axis=(1, 2, 3))

    percents, _ = choose_clips(weight, none, mean, variance)
    assert (estimated(percents / 100) <= estimated(np.ones(3)) * 1.0001).all()


@given(weight=WEIGHTS, mean=POSITIVE, variance=POSITIVE)
@settings(deadline=None, max_examples=30)
def test_on_an_input_that_is_its_mean_throughout_the_shift_makes_up_for_all_rounding(weight, mean, variance):
    none = np.zeros(3, np.float32)
    percents, shift = choose_clips(weight, none, mean, variance)
    integers, scale = quantise_weight(weight, none, percents / 100)
    rounded = integers * scale[:, None, None, None]
    true, made = ((kernel * mean[:, None, None]).sum(axis=(1, 2, 3)) for kernel in (weight, rounded))
    np.testing.assert_allclose(made + shift, true, rtol=1e-4, atol=1e-3)


def test_moving_numbers_leaves_their_steps_as_they_are():
    convolution = Convolution(np.ones((2, 3, 3, 3), np.float32), np.zeros(2, np.float32), 1, rectified=True)
    layers = [
        Layer("convolve", "a", ("picture",), (2, 8, 8), convolution),
        Layer("pool", "b", ("a",), (2, 4, 4)),
        Layer("resize", "c", ("b",), (2, 8, 8)),
        Layer("concatenate", "d", ("c", "a"), (4, 8, 8)),
    ]
    steps = spread(layers, {"a": np.array([1, 2], np.float32)}, np.array([3, 3, 3], np.float32))
    assert {name: value.tolist() for name, value in steps.items()} == {
        "picture": [3, 3, 3],
        "a": [1, 2],
        "b": [1, 2],
        "c": [1, 2],
        "d": [1, 2, 1, 2],
    }
