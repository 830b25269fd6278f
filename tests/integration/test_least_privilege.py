"""Each function is played through all its branches, on moto's AWS; its role allows what it called for, and nothing else."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from unittest.mock import patch

import pytest
from moto import mock_aws

from tests.integration import stories
from tests.integration.deployed import REGION, ROOT, Deployed, Grant
from tests.integration.recorder import Call, recording
from tests.integration.watched import DEPLOYED, MODULES, OTHER_BUCKET, PACKAGES, World, deploy


@pytest.fixture(scope="module")
def played() -> Iterator[World]:
    """All the stories, told once."""
    if not (ROOT / ".models/u2netp.onnx").exists():
        pytest.skip(".models/u2netp.onnx is missing: `make models` fetches it. Least privilege is NOT tested.")
    with ExitStack() as stack:
        stack.enter_context(mock_aws())
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}
        stack.enter_context(patch.dict("os.environ", keys))
        stack.enter_context(patch.object(sys, "path", [str(ROOT / "functions"), *sys.path]))
        world = deploy(stack.enter_context(recording()))
        kept = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in PACKAGES}
        try:
            for function in MODULES:
                world.load(function)
            for story in stories.ALL:
                story(world)
            yield world
        finally:
            for name in [name for name in sys.modules if name.partition(".")[0] in PACKAGES]:
                del sys.modules[name]
            sys.modules.update(kept)


@pytest.mark.parametrize("function", MODULES)
def test_a_role_allows_all_that_its_function_calls(played, function):
    grants = DEPLOYED.grants(function)
    calls = played.recorder.calls[function]
    assert {call for call in calls if not any(_covers(grant, call) for grant in grants)} == set()


@pytest.mark.parametrize("function", MODULES)
def test_a_role_allows_nothing_that_its_function_does_not_call(played, function):
    calls, by_aws = played.recorder.calls[function], DEPLOYED.calls_of_aws_itself(function)
    unused = {grant for grant in DEPLOYED.grants(function) if not any(_covers(grant, call) for call in calls)}
    assert {grant for grant in unused if (grant.action, grant.resource) not in by_aws} == set()


@pytest.mark.parametrize("function", MODULES)
def test_a_role_allows_what_lambda_does_in_its_functions_name(function):
    allowed = {(grant.action, grant.resource) for grant in DEPLOYED.grants(function)}
    assert DEPLOYED.calls_of_aws_itself(function) <= allowed


def test_every_function_is_played():
    assert DEPLOYED.functions.keys() == MODULES.keys()


def test_originals_and_other_buckets_are_out_of_reach_unless_the_operator_says_otherwise():
    default = Deployed()
    assert [grant for grant in default.grants("RemoveBackgroundUpload") if grant.owner == "RemoveDroppedObjects"] == []
    assert [grant for grant in default.grants("RemoveBackgroundBatch") if OTHER_BUCKET in grant.resource] == []
    assert all(grant.resource.rpartition("/")[0] for grant in default.grants("RemoveBackgroundBatch") if "Object" in grant.action)


def _covers(grant: Grant, call: Call) -> bool:
    return grant.covers(call.action, call.resource, call.leading_key)
