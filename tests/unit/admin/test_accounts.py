"""account create | list | show | limit | topup"""

import pytest

from cutout.domain.accounts import Account, AccountStatus
from tests.contract.builders import claimed, purses
from tests.unit.admin.terminal import Terminal


def account(terminal: Terminal, account_id: str = "acme") -> Account:
    found = terminal.world.book.find(account_id)
    assert found is not None
    return found


def test_an_account_is_created_as_told(terminal: Terminal) -> None:
    assert terminal.run("account create acme --name Acme --prepaid --monthly-limit 12.50 --requests-per-minute 60") == 0
    assert account(terminal) == Account(
        "acme", "Acme", AccountStatus.ACTIVE, prepaid=True, monthly_limit=12_500_000, requests_per_minute=60
    )  # type: ignore[arg-type]


def test_an_account_has_no_limits_unless_told(terminal: Terminal) -> None:
    terminal.run("account create acme")
    assert account(terminal) == Account("acme", "acme")


def test_an_account_that_exists_is_not_created_again(terminal: Terminal) -> None:
    terminal.run("account create acme")
    assert terminal.run("account create acme --name Other") == 1
    assert terminal.err == "There is an account 'acme' already.\n"
    assert account(terminal).name == "acme"


def test_accounts_are_listed_with_balance_and_limits(terminal: Terminal) -> None:
    terminal.run("account create b --monthly-limit 5")
    terminal.run("account create a --prepaid --requests-per-minute 9")
    terminal.run("account topup a 1.25 --reference r")
    terminal.run("account list")
    assert terminal.rows() == [["a", "a", "active", "$1.25", "none", "9"], ["b", "b", "active", "$5.00", "none"]]


def test_an_account_is_shown_with_its_purses(terminal: Terminal) -> None:
    terminal.run("account create acme --prepaid")
    terminal.run("account topup acme 1 --reference r")
    claimed(terminal.world, account(terminal), reserved=1)
    terminal.run("account show acme")
    assert terminal.out.splitlines()[-1].split() == ["PREPAID", "$1.00", "$0.00", "$0.000001", "$0.999999"]


def test_only_the_limits_that_are_named_change(terminal: Terminal) -> None:
    terminal.run("account create acme --prepaid --monthly-limit 5 --requests-per-minute 60")
    assert terminal.run("account limit acme --monthly-limit 6") == 0
    assert account(terminal) == Account("acme", "acme", prepaid=True, monthly_limit=6_000_000, requests_per_minute=60)  # type: ignore[arg-type]


def test_limits_are_lifted_by_the_word_none(terminal: Terminal) -> None:
    terminal.run("account create acme --prepaid --monthly-limit 5 --requests-per-minute 60")
    terminal.run("account limit acme --monthly-limit none --requests-per-minute none --no-prepaid")
    assert account(terminal) == Account("acme", "acme")


def test_an_account_is_suspended_and_resumed(terminal: Terminal) -> None:
    terminal.run("account create acme")
    terminal.run("account limit acme --status suspended")
    assert account(terminal).status is AccountStatus.SUSPENDED
    terminal.run("account limit acme --status active")
    assert account(terminal).status is AccountStatus.ACTIVE


def test_a_change_of_nothing_is_a_mistake(terminal: Terminal) -> None:
    terminal.run("account create acme")
    assert terminal.run("account limit acme") == 2
    assert "Nothing to change" in terminal.err


def test_a_top_up_that_is_repeated_pays_in_once(terminal: Terminal) -> None:
    terminal.run("account create acme --prepaid")
    for _ in range(2):
        assert terminal.run("account topup acme $2.50 --reference invoice-7") == 0
        assert terminal.out == "$2.50\n"
    assert purses(terminal.world, account(terminal)) == {"PREPAID": (2_500_000, 2_500_000, 0, 0)}


def test_a_top_up_under_a_used_reference_is_refused(terminal: Terminal) -> None:
    terminal.run("account create acme --prepaid")
    terminal.run("account topup acme 2 --reference invoice-7")
    assert terminal.run("account topup acme 3 --reference invoice-7") == 1
    assert "'invoice-7' was used" in terminal.err


def test_money_that_no_task_will_draw_on_is_pointed_out(terminal: Terminal) -> None:
    terminal.run("account create acme")
    terminal.run("account topup acme 2 --reference r")
    assert "isn't prepaid" in terminal.err


@pytest.mark.parametrize(
    "line", ["account show x", "account limit x --prepaid", "account topup x 1 --reference r", "key create x", "key list x"]
)
def test_an_unknown_account_is_named(terminal: Terminal, line: str) -> None:
    assert terminal.run(line) == 1
    assert terminal.err == "There is no account 'x'.\n"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("account create Acme", "no account id"),
        ("account create a#b", "no account id"),
        ("account create a --monthly-limit five", "no amount of US dollars"),
        ("account create a --monthly-limit -1", "within 0 and a billion"),
        ("account create a --monthly-limit nan", "within 0 and a billion"),
        ("account create a --monthly-limit 0.0000001", "at most six decimals"),
        ("account create a --requests-per-minute 0", "at least 1"),
        ("account topup a 0 --reference r", "more than 0"),
        ("account topup a 1", "--reference"),
        ("account limit a --status closed", "invalid choice"),
        ("account", "required"),
        ("usage --from yesterday", "no day"),
    ],
)
def test_a_wrong_argument_is_explained(terminal: Terminal, capsys: pytest.CaptureFixture[str], line: str, complaint: str) -> None:
    with pytest.raises(SystemExit) as exit_:
        terminal.run(line)
    assert exit_.value.code == 2
    assert complaint in capsys.readouterr().err


def test_the_defaults_of_an_accounts_dropped_objects_are_set_and_changed(terminal: Terminal) -> None:
    terminal.run('account create acme --defaults {"outputFormat":"WEBP","model":"any-that-may-be-installed"}')
    assert account(terminal).defaults == {"outputFormat": "WEBP", "model": "any-that-may-be-installed"}
    terminal.run("account limit acme --defaults {}")
    assert account(terminal).defaults == {}


@pytest.mark.parametrize("defaults", ["7", '{"outputQuality":7}', '{"nonsense":1}'])
def test_defaults_that_no_task_could_have_are_refused(terminal: Terminal, defaults: str) -> None:
    with pytest.raises(SystemExit):
        terminal.run(f"account create acme --defaults {defaults}")
    assert terminal.world.book.find("acme") is None
