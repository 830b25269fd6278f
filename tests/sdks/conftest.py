"""One local stack and one process of each client for all of these tests, and a report of what they found."""

from collections.abc import Iterator

import pytest

from tests.sdks.clients import KINDS, ROOT, Client, missing, started
from tests.sdks.pictures import Pictures
from tests.sdks.receiver import Receiver, receiving
from tests.sdks.report import Report
from tests.sdks.stack import Stack, running

REPORT = pytest.StashKey[Report]()
FILE = ROOT / "tests/output/sdks.md"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = Report()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = config.stash[REPORT]
    if report.cells or report.beside:
        FILE.parent.mkdir(parents=True, exist_ok=True)
        FILE.write_text(report.text())
        terminalreporter.section(f"clients ({FILE.relative_to(ROOT)})")
        terminalreporter.write(report.text())


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Report:
    return request.config.stash[REPORT]


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Stack]:
    assert not missing(KINDS), f"`make test-sdks` installs what is missing: {missing(KINDS)}"
    with running(tmp_path_factory.mktemp("stack"), "--allow-host", receiver.host) as stack:
        receiver.secret = stack.webhook_secret()
        yield stack


@pytest.fixture(scope="session")
def pictures(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    return Pictures.made(stack, tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session", params=KINDS)
def name(request: pytest.FixtureRequest) -> str:
    """Of a client over a transport."""
    return request.param


@pytest.fixture(scope="session")
def client(name: str, stack: Stack) -> Iterator[Client]:
    with started(KINDS[name], stack.url, stack.key) as client:
        client.call("connect")
        yield client
