"""The page that errors link to knows every code."""

from pathlib import Path

import pytest

from cutout.domain.errors import InvalidParameter, MissingParameter, error_classes
from cutout.domain.remembered import RememberedError, remember
from cutout.wire.error_page import error_markdown, error_page

CODES = [cls.code for cls in error_classes()]


def test_codes_are_unique():
    assert len(CODES) == len(set(CODES)) > 20


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_anchor(code):
    assert f'id="{code}"' in error_page()


def test_an_error_named_after_a_parameter_points_to_its_class():
    error = InvalidParameter("…", parameter="settings.rgba")
    assert (error.code, error.topic) == ("invalidRgba", "invalidParameter")


def test_a_remembered_error_answers_as_the_first_time():
    first = MissingParameter("inputImage is missing.", parameter="inputImage", expected_type="string")
    again = RememberedError(remember(first))
    assert (again.code, again.topic, again.status, again.message) == (first.code, first.topic, first.status, first.message)


def test_the_committed_page_is_up_to_date():
    """`python -m local.errors > docs/errors.md` renews it."""
    assert Path("docs/errors.md").read_text() == error_markdown()
