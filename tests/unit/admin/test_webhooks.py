"""webhook-secret"""

import pytest

from tests.unit.admin.terminal import Terminal


@pytest.fixture(autouse=True)
def account(terminal: Terminal) -> None:
    terminal.run("account create acme")


def shown(terminal: Terminal, more: str = "") -> str:
    assert terminal.run(f"webhook-secret acme {more}") == 0
    return terminal.out.removesuffix("\n")


def test_standard_output_is_the_secret_that_signs_and_nothing_else(terminal: Terminal) -> None:
    assert shown(terminal) == terminal.world.secrets.of("acme", terminal.now_ms).current
    assert "whsec_" not in terminal.err
    assert "since 2026-11-24 12:00 UTC." in terminal.err


def test_it_can_be_shown_again(terminal: Terminal) -> None:
    assert shown(terminal) == shown(terminal)


def test_a_rotated_secret_gives_way_to_the_one_that_is_printed_and_signs_for_a_day(terminal: Terminal) -> None:
    old, new = shown(terminal), shown(terminal, "--rotate")
    assert terminal.world.secrets.of("acme", terminal.now_ms).in_use(terminal.now_ms) == (new, old)
    assert "also signs until 2026-11-25 12:00 UTC." in terminal.err


def test_a_day_later_no_other_is_mentioned(terminal: Terminal) -> None:
    shown(terminal)
    shown(terminal, "--rotate")
    terminal.now_ms += 24 * 60 * 60 * 1000
    shown(terminal)
    assert "also signs" not in terminal.err


def test_an_unknown_account_has_none(terminal: Terminal) -> None:
    assert terminal.run("webhook-secret nobody") == 1
    assert "There is no account 'nobody'." in terminal.err
    assert terminal.out == ""
