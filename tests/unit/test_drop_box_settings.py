"""The environment of the functions that S3 calls."""

import pytest

from cutout.settings import SettingsError, drop_box_from_environment

ENVIRONMENT = {"UPLOAD_DEFAULTS": '{"outputFormat": "WEBP"}', "KEEP_UPLOADS": "false", "DOCUMENTATION_URL": "https://api/docs"}


def test_the_operators_choices_are_read():
    settings = drop_box_from_environment(ENVIRONMENT)
    assert (settings.defaults, settings.keep_originals) == ({"outputFormat": "WEBP"}, False)


@pytest.mark.parametrize(
    ("name", "value"), [("UPLOAD_DEFAULTS", "{"), ("UPLOAD_DEFAULTS", "[]"), ("KEEP_UPLOADS", "no"), ("DOCUMENTATION_URL", "")]
)
def test_a_wrong_value_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        drop_box_from_environment(ENVIRONMENT | {name: value})
