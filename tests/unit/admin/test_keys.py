"""key create | list | revoke | rotate"""

import pytest

from cutout.domain.accounts import hash_key
from tests.unit.admin.terminal import Terminal


@pytest.fixture(autouse=True)
def accounts(terminal: Terminal) -> None:
    terminal.run("account create acme")
    terminal.run("account create other")


def new_key(terminal: Terminal, more: str = "") -> str:
    assert terminal.run(f"key create acme {more}") == 0
    return terminal.out.removesuffix("\n")


def opens(terminal: Terminal, key: str) -> str | None:
    account = terminal.world.accounts.find_by_key(hash_key(key))
    return account and account.account_id


def id_of(key: str) -> str:
    return hash_key(key)[:10]


def test_standard_output_is_the_key_and_nothing_else(terminal: Terminal) -> None:
    key = new_key(terminal)
    assert key.startswith("ck_")
    assert opens(terminal, key) == "acme"


def test_a_key_is_listed_by_its_id_and_end_only(terminal: Terminal) -> None:
    key = new_key(terminal, "--label laptop")
    terminal.run("key list acme")
    assert terminal.rows() == [[id_of(key), f"…{key[-4:]}", "laptop", "2026-11-24", "12:00", "in", "use"]]
    assert key not in terminal.out


def test_a_revoked_key_opens_nothing(terminal: Terminal) -> None:
    key = new_key(terminal)
    assert terminal.run(f"key revoke acme {id_of(key)}") == 0
    assert opens(terminal, key) is None
    terminal.run("key list acme")
    assert terminal.rows()[0][-1] == "revoked"


def test_a_rotated_key_gives_way_to_the_one_that_is_printed(terminal: Terminal) -> None:
    old = new_key(terminal, "--label laptop")
    assert terminal.run(f"key rotate acme {id_of(old)}") == 0
    new = terminal.out.removesuffix("\n")
    assert (opens(terminal, old), opens(terminal, new)) == (None, "acme")
    assert {key.label for key in terminal.world.book.keys("acme")} == {"laptop"}


def test_a_key_may_be_named_by_its_beginning(terminal: Terminal) -> None:
    key = new_key(terminal)
    assert terminal.run(f"key revoke acme {hash_key(key)[:4].upper()}") == 0
    assert opens(terminal, key) is None


def test_a_beginning_that_several_keys_share_names_none(terminal: Terminal) -> None:
    keys = [new_key(terminal) for _ in range(17)]  # of 17 hexadecimal beginnings two are the same
    beginnings = [hash_key(key)[0] for key in keys]
    shared = next(digit for digit in beginnings if beginnings.count(digit) > 1)
    assert terminal.run(f"key revoke acme {shared}") == 1
    assert f"keys begin with '{shared}'" in terminal.err
    assert all(opens(terminal, key) for key in keys)


def test_another_accounts_key_is_not_found(terminal: Terminal) -> None:
    key = new_key(terminal)
    assert terminal.run(f"key revoke other {id_of(key)}") == 1
    assert "No key begins with" in terminal.err
    assert opens(terminal, key) == "acme"


def test_a_revoked_key_is_not_rotated(terminal: Terminal) -> None:
    key = new_key(terminal)
    terminal.run(f"key revoke acme {id_of(key)}")
    assert terminal.run(f"key rotate acme {id_of(key)}") == 1
    assert terminal.out == ""
