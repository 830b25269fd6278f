"""usage: what was done, what it cost and what it was sold for; by day, by account or by stage."""

import csv
import io
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from cutout.admin.accounts import known
from cutout.admin.plot import bar_chart
from cutout.admin.stores import Output, Stores
from cutout.admin.text import money, table
from cutout.domain.accounts import PLATFORM, Account
from cutout.domain.money import to_dollars
from cutout.domain.purse import day_of
from cutout.domain.report import cost_by_part, months_between
from cutout.domain.usage import Usage


@dataclass(frozen=True, slots=True)
class _Report:
    """Rows for a table and for CSV, and the dollars that a picture shows, by label."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    csv_header: Sequence[str]
    csv_rows: Sequence[Sequence[object]]
    bars: Sequence[tuple[str, Decimal]]


def usage(args: Namespace, stores: Stores, now_ms: int) -> Output:
    last = args.last or day_of(now_ms)
    first = args.first or f"{last[:7]}-01"
    if first > last:
        return Output(note=f"There is no day from {first} to {last}.", exit_code=2)
    accounts = [known(stores, args.account)] if args.account else [*stores.book.accounts(), PLATFORM]
    report = _REPORTS[args.by](stores, accounts, first, last)
    note = f"{first} to {last}, UTC, by the day on which tasks were accepted."
    if args.plot:
        args.plot.write_text(bar_chart(f"Cost by {args.by}, {first} to {last}", report.bars), encoding="utf-8")
        note += f" The picture is in {args.plot}."
    return Output(_csv(report.csv_header, report.csv_rows) if args.csv else table(report.header, report.rows), note)


def _by_day(stores: Stores, accounts: Iterable[Account], first: str, last: str) -> _Report:
    counted = [
        (day, account.account_id, used)
        for account in accounts
        for day, used in stores.book.usage(account.account_id, first, last).items()
    ]
    days: dict[str, Usage] = {}
    for day, _, used in sorted(counted):
        days[day] = days.get(day, Usage()) + used
    bars = [(day, to_dollars(used.cost)) for day, used in days.items()]
    return _counters(("DAY", "ACCOUNT"), [((day, account_id), used) for day, account_id, used in sorted(counted)], bars)


def _by_account(stores: Stores, accounts: Iterable[Account], first: str, last: str) -> _Report:
    sums = []
    for account in accounts:
        used = sum(stores.book.usage(account.account_id, first, last).values(), Usage())
        if used.tasks:
            sums.append(((account.account_id, account.name), used))
    bars = [(account_id, to_dollars(used.cost)) for (account_id, _), used in sums]
    return _counters(("ACCOUNT", "NAME"), sums, bars)


def _by_stage(stores: Stores, accounts: Iterable[Account], first: str, last: str) -> _Report:
    months = months_between(first, last)
    entries = chain.from_iterable(stores.ledger.entries(account.account_id, month) for account in accounts for month in months)
    parts = cost_by_part(entry.charge for entry in entries if first <= entry.day <= last)
    whole = sum(parts.values())
    rows = [(name, f"${dollars:.6f}", f"{100 * dollars / whole:.1f} %" if whole else "") for name, dollars in parts.items()]
    return _Report(
        ("STAGE OR SERVICE", "COST", "SHARE"),
        [*rows, ("total", f"${whole:.6f}", "")],
        ("part", "cost_usd"),
        [(name, f"{dollars:f}") for name, dollars in parts.items()],
        list(parts.items()),
    )


_REPORTS: dict[str, Callable[[Stores, Iterable[Account], str, str], _Report]] = {
    "day": _by_day,
    "account": _by_account,
    "stage": _by_stage,
}


def _counters(
    names: tuple[str, str], counted: Sequence[tuple[tuple[str, str], Usage]], bars: Sequence[tuple[str, Decimal]]
) -> _Report:
    def row(labels: tuple[str, str], used: Usage) -> tuple[str, ...]:
        return (
            *labels,
            f"{used.tasks:,}",
            f"{used.megapixels:,.1f}",
            f"{used.billed_ms / 1000:,.1f}",
            money(used.cost),
            money(used.price),
        )

    total = sum((used for _, used in counted), Usage())
    return _Report(
        (*names, "TASKS", "MEGAPIXELS", "BILLED S", "COST", "PRICE"),
        [*(row(labels, used) for labels, used in counted), row(("total", ""), total)],
        (*(name.lower() for name in names), "tasks", "megapixels", "billed_ms", "cost_usd", "price_usd"),
        [
            (
                *labels,
                used.tasks,
                f"{used.megapixels:f}",
                used.billed_ms,
                f"{to_dollars(used.cost):f}",
                f"{to_dollars(used.price):f}",
            )
            for labels, used in counted
        ],
        bars,
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return file.getvalue().rstrip("\n")
