"""Which convolutions stay float."""

from local.quantisation.sensitivity import choose_floating


def test_what_takes_off_enough_of_the_change_stays_float():
    assert choose_floating({"a": 0.38, "b": 0.1, "c": 0.099, "d": -0.2}, 0.1) == ["a", "b"]
