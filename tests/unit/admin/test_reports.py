"""usage and reconcile, and a table that can't be reached"""

import csv
import io
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest

from cutout.admin.cli import main
from cutout.admin.plot import bar_chart
from cutout.domain.errors import ServiceUnavailable
from cutout.domain.metering import Meter
from cutout.domain.money import to_dollars
from cutout.domain.reconcile import UsageDrift
from cutout.domain.usage import Usage
from tests.contract.builders import NOON, at, charge_of, claimed, with_result
from tests.unit.admin.terminal import Terminal

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def work(terminal: Terminal) -> None:
    """Two tasks of acme's on one day and one on the next; one of other's."""
    for account_id, created_ms, price in (
        ("acme", NOON, 100),
        ("acme", NOON, 200),
        ("acme", at("2026-11-25T01:00:00"), 400),
        ("other", NOON, 800),
        ("other", at("2026-10-31T23:00:00"), 5_000),
    ):
        if not terminal.world.book.find(account_id):
            terminal.run(f"account create {account_id}")
        account = terminal.world.book.find(account_id)
        assert account is not None
        record = with_result(claimed(terminal.world, account, created_ms=created_ms))
        terminal.world.tasks.commit(record, charge_of(record, price), account, Meter())
    terminal.now_ms = at("2026-11-26T00:00:00")


def records(terminal: Terminal) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(terminal.out)))


def test_usage_is_by_day_and_account_since_the_first_of_the_month(terminal: Terminal) -> None:
    assert terminal.run("usage --csv") == 0
    found = [(row["day"], row["account"], row["tasks"], Decimal(row["price_usd"])) for row in records(terminal)]
    assert found == [
        ("2026-11-24", "acme", "2", Decimal("0.0003")),
        ("2026-11-24", "other", "1", Decimal("0.0008")),
        ("2026-11-25", "acme", "1", Decimal("0.0004")),
    ]


def test_usage_of_one_account_between_days(terminal: Terminal) -> None:
    terminal.run("usage --account other --from 2026-10-01 --to 2026-11-01 --csv")
    assert [(row["day"], row["account"]) for row in records(terminal)] == [("2026-10-31", "other")]


def test_usage_by_account_adds_up_the_days(terminal: Terminal) -> None:
    terminal.run("usage --by account --csv")
    assert [(row["account"], row["tasks"], Decimal(row["price_usd"])) for row in records(terminal)] == [
        ("acme", "3", Decimal("0.0007")),
        ("other", "1", Decimal("0.0008")),
    ]


def test_usage_by_stage_adds_up_to_what_the_ledger_holds(terminal: Terminal) -> None:
    terminal.run("usage --by stage --csv")
    parts = {row["part"]: Decimal(row["cost_usd"]) for row in records(terminal)}
    november = [*terminal.world.ledger.entries("acme", "2026-11"), *terminal.world.ledger.entries("other", "2026-11")]
    assert sum(parts.values()) == pytest.approx(sum(entry.charge.dollars for entry in november), abs=Decimal("1e-20"))
    assert {"segment", "encode", "s3_put"} < set(parts)


def test_the_table_ends_with_the_total(terminal: Terminal) -> None:
    terminal.run("usage")
    assert terminal.rows()[-1][:2] == ["total", "4"]
    assert terminal.rows()[-1][-1] == "$0.0015"


def test_the_picture_has_a_bar_for_each_day(terminal: Terminal, tmp_path: Path) -> None:
    terminal.run(f"usage --plot {tmp_path}/usage.svg")
    texts = [text.text for text in ET.parse(tmp_path / "usage.svg").iter(f"{SVG}text")]  # noqa: S314 (our own)
    assert texts[1::2] == ["2026-11-24", "2026-11-25"]
    assert texts[2::2] == ["$0.001100", "$0.000400"]


def test_bars_are_as_long_as_their_dollars() -> None:
    drawing = ET.fromstring(bar_chart("<Title>", [("a & b", Decimal(2)), ("c", Decimal(1)), ("d", Decimal(0))]))  # noqa: S314 (our own)
    widths = [float(bar.attrib["width"]) for bar in drawing.iter(f"{SVG}rect")][1:]
    assert widths == [460, 230, 1]


def test_a_picture_of_nothing_says_so() -> None:
    assert "No charges in this time." in bar_chart("Cost", [])


def test_days_the_wrong_way_round_are_a_mistake(terminal: Terminal) -> None:
    assert terminal.run("usage --from 2026-11-02 --to 2026-11-01") == 2
    assert "no day from 2026-11-02 to 2026-11-01" in terminal.err


def test_books_that_agree_are_said_to(terminal: Terminal) -> None:
    assert terminal.run("reconcile") == 0
    assert terminal.out == ""
    assert terminal.err == "Accounts: 3. Charges: 5. Findings: none, everything agrees.\n"


def test_drift_is_reported_first_and_repaired_on_demand(terminal: Terminal) -> None:
    terminal.world.auditor.repair(UsageDrift("acme", ("2026-11-01", 3), None, Usage(tasks=7)))
    assert terminal.run("reconcile") == 1
    assert terminal.out.startswith("differs   acme usage 2026-11-01 shard 3: 7 tasks")
    assert "Nothing was changed" in terminal.err
    assert terminal.run("reconcile --repair") == 0
    assert terminal.out.startswith("repaired ")
    assert terminal.run("reconcile") == 0


def test_an_abandoned_task_is_released_on_demand(terminal: Terminal) -> None:
    terminal.run("account create prepaid --prepaid")
    terminal.run("account topup prepaid 1 --reference r")
    account = terminal.world.book.find("prepaid")
    assert account is not None
    record = claimed(terminal.world, account, reserved=600)
    assert terminal.run("reconcile --account prepaid") == 1
    assert terminal.out == f"abandoned prepaid task {record.key.task_uuid}: $0.0006 reserved\n"
    assert terminal.run("reconcile --account prepaid --repair") == 0
    purse = terminal.world.book.purses("prepaid")[0]
    assert to_dollars(purse.available) == 1


def test_a_table_that_cant_be_used_is_told_with_its_cause() -> None:
    def unreachable(table_name: str, region: str) -> None:
        raise ServiceUnavailable("Try later.") from LookupError("no such table")

    err = io.StringIO()
    assert main(["account", "list"], {"TABLE_NAME": "t"}, now_ms=0, out=io.StringIO(), err=err, open_stores=unreachable) == 3  # type: ignore[arg-type]
    assert err.getvalue() == "The table 't' in us-east-1 can't be used now (no such table).\n"


def test_no_table_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["account", "list"], {}, now_ms=0, out=io.StringIO(), err=io.StringIO())
    assert exit_.value.code == 2
    assert "--table NAME" in capsys.readouterr().err
