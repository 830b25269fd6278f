"""The operator's side: accounts, money paid in, API keys."""

from dataclasses import replace
from uuid import uuid4

import pytest

from cutout.domain.accounts import Account, AccountStatus, ApiKey, hash_key, new_key
from cutout.domain.money import Micros
from cutout.service.book import AccountExists, ReferenceUsed, UnknownAccount, UnknownKey
from tests.contract.builders import NOON, open_account, purses
from tests.contract.worlds import World

NOBODY = Account("nobody", "Nobody")


def key_for(account: Account, *, created_ms: int = NOON) -> ApiKey:
    secret = new_key()
    return ApiKey(hash_key(secret), account.account_id, "laptop", secret[-4:], created_ms)


def test_an_account_is_kept_as_it_was_given(world: World) -> None:
    account = Account(
        f"a{uuid4().hex[:8]}",
        "Émile & Söhne",
        AccountStatus.ACTIVE,
        prepaid=True,
        monthly_limit=Micros(5_000_000),
        requests_per_minute=60,
    )
    world.book.create(account)
    assert world.book.find(account.account_id) == account


def test_an_account_id_is_given_once(world: World) -> None:
    account = open_account(world)
    with pytest.raises(AccountExists):
        world.book.create(replace(account, name="Another"))
    assert world.book.find(account.account_id) == account


def test_accounts_are_listed_by_id(world: World) -> None:
    mine = sorted(open_account(world).account_id for _ in range(3))
    assert [account.account_id for account in world.book.accounts() if account.account_id in mine] == mine


def test_an_unknown_account_is_not_found(world: World) -> None:
    assert world.book.find("nobody") is None
    assert list(world.book.purses("nobody")) == []
    assert list(world.book.keys("nobody")) == []


def test_only_a_known_account_can_be_changed_topped_up_or_given_a_key(world: World) -> None:
    with pytest.raises(UnknownAccount):
        world.book.change(NOBODY, NOON)
    with pytest.raises(UnknownAccount):
        world.book.top_up("nobody", Micros(1), "r", NOON)
    with pytest.raises(UnknownAccount):
        world.book.add_key(key_for(NOBODY))
    assert world.book.find("nobody") is None
    assert list(world.book.purses("nobody")) == []
    assert list(world.book.keys("nobody")) == []


def test_changed_settings_replace_the_old_ones(world: World) -> None:
    account = open_account(world, monthly_limit=1_000)
    changed = Account(account.account_id, "New name", AccountStatus.SUSPENDED, prepaid=True, requests_per_minute=5)
    world.book.change(changed, NOON)
    assert world.book.find(account.account_id) == changed


def test_a_change_that_was_undone_can_be_made_again(world: World) -> None:
    """Within the ten minutes in which DynamoDB takes the same transaction for a repetition."""
    account = open_account(world)
    other = replace(account, status=AccountStatus.SUSPENDED)
    for settings in (other, account, other):
        world.book.change(settings, NOON)
        assert world.book.find(account.account_id) == settings


def test_top_ups_add_up(world: World) -> None:
    account = open_account(world, balance=1_000)
    world.book.top_up(account.account_id, Micros(500), "second", NOON)
    assert purses(world, account) == {"PREPAID": (1_500, 1_500, 0, 0)}


def test_a_top_up_with_the_same_reference_pays_in_once(world: World) -> None:
    account = open_account(world, balance=1_000)
    world.book.top_up(account.account_id, Micros(500), "invoice 7", NOON)
    world.book.top_up(account.account_id, Micros(500), "invoice 7", NOON + 1)
    assert purses(world, account) == {"PREPAID": (1_500, 1_500, 0, 0)}


def test_a_reference_belongs_to_one_amount(world: World) -> None:
    account = open_account(world, balance=1_000)
    world.book.top_up(account.account_id, Micros(500), "invoice 7", NOON)
    with pytest.raises(ReferenceUsed):
        world.book.top_up(account.account_id, Micros(501), "invoice 7", NOON)
    assert purses(world, account) == {"PREPAID": (1_500, 1_500, 0, 0)}


def test_two_accounts_may_use_the_same_reference(world: World) -> None:
    one, other = open_account(world, balance=1_000), open_account(world, balance=2_000)
    for account in (one, other):
        world.book.top_up(account.account_id, Micros(5), "invoice 7", NOON)
    assert purses(world, one) == {"PREPAID": (1_005, 1_005, 0, 0)}
    assert purses(world, other) == {"PREPAID": (2_005, 2_005, 0, 0)}


def test_a_key_opens_its_account(world: World) -> None:
    account = open_account(world)
    key = key_for(account)
    world.book.add_key(key)
    assert world.accounts.find_by_key(key.key_hash) == account


def test_an_unknown_key_opens_nothing(world: World) -> None:
    assert world.accounts.find_by_key(hash_key("ck_nobody")) is None


def test_a_suspended_accounts_key_opens_nothing(world: World) -> None:
    account = open_account(world)
    key = key_for(account)
    world.book.add_key(key)
    world.book.change(replace(account, status=AccountStatus.SUSPENDED), NOON)
    assert world.accounts.find_by_key(key.key_hash) is None


def test_a_revoked_key_opens_nothing_and_stays_listed(world: World) -> None:
    account = open_account(world)
    key = key_for(account)
    world.book.add_key(key)
    world.book.revoke_key(account.account_id, key.key_hash)
    assert world.accounts.find_by_key(key.key_hash) is None
    assert list(world.book.keys(account.account_id)) == [replace(key, revoked=True)]


def test_revoking_twice_is_revoking_once(world: World) -> None:
    account = open_account(world)
    key = key_for(account)
    world.book.add_key(key)
    world.book.revoke_key(account.account_id, key.key_hash)
    world.book.revoke_key(account.account_id, key.key_hash)
    assert world.accounts.find_by_key(key.key_hash) is None


def test_only_the_accounts_own_key_can_be_revoked(world: World) -> None:
    account, stranger = open_account(world), open_account(world)
    key = key_for(account)
    world.book.add_key(key)
    for key_hash in (key.key_hash, hash_key("ck_nobody")):
        with pytest.raises(UnknownKey):
            world.book.revoke_key(stranger.account_id, key_hash)
    assert world.accounts.find_by_key(key.key_hash) == account


def test_keys_are_listed_oldest_first(world: World) -> None:
    account = open_account(world)
    keys = [key_for(account, created_ms=NOON + age) for age in (3, 1, 2)]
    for key in keys:
        world.book.add_key(key)
    assert list(world.book.keys(account.account_id)) == sorted(keys, key=lambda key: key.created_ms)


def test_a_rotated_key_gives_way_to_its_successor(world: World) -> None:
    account = open_account(world)
    old, new = key_for(account), key_for(account, created_ms=NOON + 1)
    world.book.add_key(old)
    world.book.replace_key(old.key_hash, new)
    assert world.accounts.find_by_key(old.key_hash) is None
    assert world.accounts.find_by_key(new.key_hash) == account


def test_a_key_that_is_not_in_use_cant_be_rotated(world: World) -> None:
    account, stranger = open_account(world), open_account(world)
    key, revoked = key_for(account), key_for(account)
    world.book.add_key(key)
    world.book.add_key(revoked)
    world.book.revoke_key(account.account_id, revoked.key_hash)
    for owner, key_hash in ((stranger, key.key_hash), (account, revoked.key_hash), (account, hash_key("ck_nobody"))):
        new = key_for(owner)
        with pytest.raises(UnknownKey):
            world.book.replace_key(key_hash, new)
        assert world.accounts.find_by_key(new.key_hash) is None
    assert world.accounts.find_by_key(key.key_hash) == account


def test_usage_of_a_day_without_tasks_is_left_out(world: World) -> None:
    assert world.book.usage(open_account(world).account_id, "2026-01-01", "2026-12-31") == {}
