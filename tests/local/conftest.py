"""A toy function, in real worker processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.children import Children
from local.function import Function
from local.stack import FunctionSettings

TOY = Path(__file__).parent / "toy"


@pytest.fixture
def children() -> Iterator[Children]:
    with Children() as started:
        yield started


@pytest.fixture
def toy(children: Children, tmp_path: Path) -> Callable[..., Function]:
    """Makes a function: `toy(handler=…, timeout_s=…, max_workers=…)`."""

    def make(handler: str = "handlers.handle", timeout_s: int = 5, max_workers: int = 2) -> Function:
        environment = {"AWS_REGION": "eu-west-1", "COLOUR": "blue"}
        settings = FunctionSettings("Toy", handler, TOY, timeout_s, 512, environment)
        return Function(settings, children, tmp_path / "toy.log", max_workers)

    return make
