"""Runs every test that asks for a `world` in three of them; some facts can be shown in two only."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.contract import ministack
from tests.contract.worlds import World, aws_world, clients, fake_world


@pytest.fixture(scope="session")
def ministack_clients() -> Iterator[tuple[Any, Any]]:
    if not ministack.PROGRAM.exists():
        pytest.skip(f"{ministack.PROGRAM} is missing: `make test` installs it. The stores are NOT tested on the embedded AWS.")
    with ministack.running() as address:
        yield clients(AWS_ENDPOINT_URL=address)


@pytest.fixture(scope="session")
def ministack_session(ministack_clients: tuple[Any, Any]) -> World:
    return aws_world("ministack", *ministack_clients, serialised=False)


@pytest.fixture(scope="session")
def moto_clients() -> tuple[Any, Any]:
    return clients()


@pytest.fixture
def fake() -> World:
    return fake_world()


@pytest.fixture
def moto(moto_clients: tuple[Any, Any]) -> Iterator[World]:
    # moto checks a transaction's conditions and then writes, without a lock of its own.
    with mock_aws():
        yield aws_world("moto", *moto_clients, serialised=True)


@pytest.fixture(name="ministack")
def ministack_world(ministack_session: World) -> World:
    """One for the whole session; every test opens accounts of its own."""
    assert ministack_session.client is not None
    ministack_session.client.faults.clear()
    return ministack_session


@pytest.fixture(params=["fake", "moto", "ministack"])
def world(request: pytest.FixtureRequest) -> World:
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["moto", "ministack"])
def connected_world(request: pytest.FixtureRequest) -> World:
    """Those with a connection, which can break."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["fake", "ministack"])
def metered_world(request: pytest.FixtureRequest) -> World:
    """Those that report consumed units; moto reports none for transactions."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["fake", "ministack"])
def quick_world(request: pytest.FixtureRequest) -> World:
    """Those for many transactions; moto copies its whole table for each."""
    return request.getfixturevalue(request.param)
