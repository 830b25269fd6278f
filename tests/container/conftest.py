"""The real image in a real engine, beside an embedded AWS: made once for all tests in here, and gone afterwards."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.children import Children
from local.docker import base, images
from local.docker.engine import Engine, NoEngine, found, own
from local.rie import EmulatorError
from local.sam import reachable
from local.scene import Scene, scene
from tests.container.report import Report

ROOT = Path(__file__).parents[2]
REPORT = Report()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.container)
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in REPORT.lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def report() -> Report:
    return REPORT


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The machine's engine, or one of our own; skips loudly where there is neither."""
    with contextlib.ExitStack() as stack:
        try:
            engine = found() or stack.enter_context(own(may_install=True))
            REPORT.is_aws_base = base.provide(engine)
        except (NoEngine, EmulatorError) as reason:
            pytest.skip(f"{reason} The image, and what it does under Lambda's limits, is NOT TESTED.")
        REPORT.is_own_engine = engine.own
        yield engine
        base.withdraw(engine)


@pytest.fixture(scope="session")
def image_of(engine: Engine) -> dict[str, str]:
    """The images that `sam build` has built, by function."""
    built = images.build_by_sam(engine)
    for name in set(built.values()):
        REPORT.sizes[name] = images.size(engine, name, base.AWS_BASE)
    REPORT.image_of = built
    return built


@pytest.fixture(scope="session")
def stack(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """An embedded AWS with the template's resources, as containers see it."""
    nowhere = tmp_path_factory.mktemp("state")
    with Children() as children, scene(nowhere, children) as here, reachable(here.port, engine.environment) as address:
        yield here.seen_from(address, "/opt/models")
