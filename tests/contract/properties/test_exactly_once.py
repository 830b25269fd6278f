"""Each task is charged at most once, and exactly if it is done, whatever happens.

EXACTLY_ONCE_EXAMPLES sets how many stories are tried on the fakes; a hundredth of them on moto and a fortieth on MiniStack, which take longer.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from moto import mock_aws

from tests.contract.properties.machine import ExactlyOnce
from tests.contract.worlds import World, aws_world

EXAMPLES = int(os.environ.get("EXACTLY_ONCE_EXAMPLES", "600"))


def try_stories(machine: Callable[[], ExactlyOnce], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


@pytest.mark.slow
def test_on_the_fakes() -> None:
    try_stories(ExactlyOnce, EXAMPLES)


@pytest.mark.slow
def test_on_moto(moto_clients: tuple[Any, Any]) -> None:
    class OnMoto(ExactlyOnce):
        def open_world(self) -> World:
            self.mock = ExitStack()
            self.mock.enter_context(mock_aws())
            return aws_world("moto", *moto_clients, serialised=False)

        def teardown(self) -> None:
            with self.mock:
                super().teardown()

    try_stories(OnMoto, EXAMPLES // 100)


@pytest.mark.slow
def test_on_ministack(ministack_clients: tuple[Any, Any]) -> None:
    class OnMiniStack(ExactlyOnce):
        def open_world(self) -> World:
            return aws_world("ministack", *ministack_clients, serialised=False)

    try_stories(OnMiniStack, EXAMPLES // 40)
