"""The environment is read once, and a wrong one is told by the variable's name."""

import pytest

from cutout.settings import SettingsError, from_environment

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
    "TABLE_NAME": "table",
    "BUCKET_NAME": "bucket",
    "TASKS_QUEUE_URL": "https://sqs.example/tasks",
    "MODEL_DIR": "/opt/models",
    "DEFAULT_MODEL": "u2netp",
    "COST_MARKUP": "1",
    "DEADLINE_SECONDS": "25",
    "URL_TTL_SECONDS": "3600",
    "TASK_TTL_DAYS": "30",
    "IMAGE_TTL_DAYS": "30",
    "MAX_INPUT_PIXELS": "50000000",
    "MAX_INPUT_BYTES": "52428800",
}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_missing_variable_is_named(name):
    with pytest.raises(SettingsError, match=name):
        from_environment({key: value for key, value in ENVIRONMENT.items() if key != name})


@pytest.mark.parametrize(("name", "value"), [("URL_TTL_SECONDS", "3601"), ("DEADLINE_SECONDS", "soon"), ("COST_MARKUP", "-1")])
def test_a_value_out_of_its_range_is_named(name, value):
    with pytest.raises(SettingsError, match=name):
        from_environment(ENVIRONMENT | {name: value})


def test_the_engine_is_ours_unless_the_image_says_otherwise():
    assert from_environment(ENVIRONMENT).engine == "cutout"
    assert from_environment(ENVIRONMENT | {"ENGINE": "rembg"}).engine == "rembg"


def test_an_unknown_engine_is_named():
    with pytest.raises(SettingsError, match="ENGINE"):
        from_environment(ENVIRONMENT | {"ENGINE": "magic"})


def test_models_compute_as_the_processor_likes_it_unless_the_operator_says_otherwise():
    assert from_environment(ENVIRONMENT).model_precision == "auto"
    assert from_environment(ENVIRONMENT | {"MODEL_PRECISION": "float32"}).model_precision == "float32"


def test_a_png_is_written_fast_unless_the_operator_says_otherwise():
    assert from_environment(ENVIRONMENT).png_size == "fast"
    assert from_environment(ENVIRONMENT | {"PNG_SIZE": "small"}).png_size == "small"


def test_an_unknown_size_of_png_is_named():
    with pytest.raises(SettingsError, match="PNG_SIZE"):
        from_environment(ENVIRONMENT | {"PNG_SIZE": "tiny"})


def test_an_unknown_precision_is_named():
    with pytest.raises(SettingsError, match="MODEL_PRECISION"):
        from_environment(ENVIRONMENT | {"MODEL_PRECISION": "int4"})
