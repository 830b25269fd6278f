import pytest

from tests.unit.admin.terminal import Terminal


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()
