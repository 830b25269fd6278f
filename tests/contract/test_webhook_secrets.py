"""What webhooks are signed with: one secret an account, whoever asks first; rotated without a gap."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from cutout.domain.webhooks import ROTATION_MS
from tests.contract.builders import NOON
from tests.contract.worlds import World


@pytest.fixture
def account() -> str:
    return f"a{uuid4().hex[:12]}"


def test_an_account_has_one_secret_made_when_it_is_first_asked_for(world: World, account: str) -> None:
    first = world.secrets.of(account, NOON)
    assert (first.account_id, first.created_ms, first.retired) == (account, NOON, ())
    assert world.secrets.of(account, NOON + 1) == first


def test_accounts_have_different_secrets(world: World, account: str) -> None:
    assert world.secrets.of(account, NOON).current != world.secrets.of(f"{account}-b", NOON).current


def test_whoever_asks_first_at_the_same_moment_gets_the_same(world: World, account: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: world.secrets.of(account, NOON), range(16)))
    assert found == {world.secrets.of(account, NOON)}


def test_a_rotation_replaces_the_secret_and_keeps_the_old_one_for_a_day(world: World, account: str) -> None:
    old = world.secrets.of(account, NOON)
    new = world.secrets.rotate(account, NOON + 5)
    assert new.in_use(NOON + 5) == (new.current, old.current)
    assert new.in_use(NOON + 5 + ROTATION_MS) == (new.current,)
    assert world.secrets.of(account, NOON + 6) == new


def test_an_account_without_a_secret_can_be_rotated(world: World, account: str) -> None:
    assert world.secrets.rotate(account, NOON) == world.secrets.of(account, NOON)


def test_of_rotations_at_the_same_moment_none_is_lost(world: World, account: str) -> None:
    first = world.secrets.of(account, NOON)
    with ThreadPoolExecutor(3) as pool:
        made = {secret.current for secret in pool.map(lambda _: world.secrets.rotate(account, NOON), range(3))}
    assert set(world.secrets.of(account, NOON).in_use(NOON)) == made | {first.current}


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_secret_is_made_once_though_an_answer_is_lost(connected_world: World, account: str, fault: str) -> None:
    assert connected_world.client
    connected_world.client.faults.extend(["", fault])
    made = connected_world.secrets.of(account, NOON)
    assert connected_world.secrets.of(account, NOON) == made


@pytest.mark.parametrize("fault", ["before", "after"])
def test_a_secret_is_rotated_once_though_an_answer_is_lost(connected_world: World, account: str, fault: str) -> None:
    assert connected_world.client
    old = connected_world.secrets.of(account, NOON)
    connected_world.client.faults.extend(["", fault])
    new = connected_world.secrets.rotate(account, NOON)
    assert connected_world.secrets.of(account, NOON) == new
    assert new.in_use(NOON) == (new.current, old.current)
