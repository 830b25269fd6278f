"""account create | list | show | limit | topup"""

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace

from cutout.admin.stores import Output, Stores
from cutout.admin.text import limit, money, table
from cutout.domain.accounts import PLATFORM, Account, AccountStatus
from cutout.domain.purse import PREPAID, Purse, day_of
from cutout.service.book import AccountExists, UnknownAccount


def known(stores: Stores, account_id: str) -> Account:
    account = PLATFORM if account_id == PLATFORM.account_id else stores.book.find(account_id)
    if account is None:
        raise UnknownAccount(account_id)
    return account


def create(args: Namespace, stores: Stores, _now_ms: int) -> Output:
    if args.account == PLATFORM.account_id:
        raise AccountExists(args.account)
    account = Account(
        account_id=args.account,
        name=args.name or args.account,
        prepaid=args.prepaid,
        monthly_limit=args.monthly_limit,
        requests_per_minute=args.requests_per_minute,
        defaults=args.defaults,
    )
    stores.book.create(account)
    first = " It is prepaid: pay money in with `account topup`." if args.prepaid else ""
    return Output(note=f"Account {account.account_id} created.{first} Give it a key with `key create {account.account_id}`.")


def listing(_args: Namespace, stores: Stores, _now_ms: int) -> Output:
    rows = [
        (account.account_id, account.name, account.status.value, *_terms(account, stores.book.purses(account.account_id)))
        for account in stores.book.accounts()
    ]
    return Output(table(("ACCOUNT", "NAME", "STATUS", "BALANCE", "MONTHLY LIMIT", "REQUESTS/MIN"), rows))


def show(args: Namespace, stores: Stores, now_ms: int) -> Output:
    account = known(stores, args.account)
    purses = stores.book.purses(account.account_id)
    keys = [key for key in stores.book.keys(account.account_id) if not key.revoked]
    balance, monthly_limit, requests = _terms(account, purses)
    this_month = stores.book.usage(account.account_id, f"{day_of(now_ms)[:7]}-01", day_of(now_ms))
    facts = (
        ("account", account.account_id),
        ("name", account.name),
        ("status", account.status.value),
        ("balance", balance),
        ("monthly limit", monthly_limit),
        ("requests/min", requests),
        ("keys in use", len(keys)),
        ("defaults", json.dumps(account.defaults)),
        ("this month", f"{sum(day.tasks for day in this_month.values()):,} tasks"),
    )
    lines = [f"{name + ':':15}{value}" for name, value in facts]
    if purses:
        rows = [(purse.name, *map(money, (purse.deposited, purse.spent, purse.reserved, purse.available))) for purse in purses]
        lines += ["", table(("PURSE", "DEPOSITED", "SPENT", "RESERVED", "AVAILABLE"), rows)]
    return Output("\n".join(lines))


def change(args: Namespace, stores: Stores, now_ms: int) -> Output:
    """Only what was named is changed: the arguments that weren't aren't there."""
    account = known(stores, args.account)
    names = ("name", "status", "prepaid", "monthly_limit", "requests_per_minute", "defaults")
    changes = {name: getattr(args, name) for name in names if hasattr(args, name)}
    if not changes:
        return Output(note="Nothing to change was named; see --help.", exit_code=2)
    if "status" in changes:
        changes["status"] = AccountStatus(changes["status"])
    stores.book.change(replace(account, **changes), now_ms)
    shown = show(args, stores, now_ms)
    return replace(shown, note=f"Account {account.account_id} changed.")


def top_up(args: Namespace, stores: Stores, now_ms: int) -> Output:
    stores.book.top_up(args.account, args.amount, args.reference, now_ms)
    account = known(stores, args.account)
    balance = next(purse.available for purse in stores.book.purses(args.account) if purse.name == PREPAID)
    note = (
        "" if account.prepaid else " The account isn't prepaid, so that its tasks don't draw on it: see `account limit --prepaid`."
    )
    return Output(
        money(balance), f"{money(args.amount)} paid in under {args.reference!r}, once; this is what is available now.{note}"
    )


def _terms(account: Account, purses: Sequence[Purse]) -> tuple[str, str, str]:
    balance = sum(purse.available for purse in purses if purse.name == PREPAID)
    rate = account.requests_per_minute
    return money(balance) if account.prepaid else "", limit(account.monthly_limit), "none" if rate is None else str(rate)
