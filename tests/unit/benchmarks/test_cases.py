import pytest

from benchmarks.speed.cases import DEFAULT, EVERY, choose


def names(*patterns):
    return [case.name for case in choose(patterns)]


def test_the_words_of_a_pattern_are_taken_in_any_order():
    assert names("u2netp-png-12mp-plain") == ["12mp-plain-png-u2netp"]


def test_a_pattern_chooses_every_case_that_has_all_its_words():
    assert all("12mp" in name and "plain" in name for name in names("12mp-plain"))
    assert len(names("12mp-plain")) == 6


def test_a_model_isnt_taken_for_another_whose_name_begins_alike():
    assert all(name.endswith("-u2net") for name in names("u2net"))


def test_all_is_every_combination():
    assert choose(["all"]) == EVERY


def test_a_pattern_that_fits_nothing_is_refused():
    with pytest.raises(ValueError, match="13mp"):
        choose(["13mp"])


def test_the_default_has_every_size_and_mode():
    assert {(case.megapixels, case.mode) for case in DEFAULT} == {(case.megapixels, case.mode) for case in EVERY}
