"""The commands, their arguments and their exit codes.

0: done. 1: refused, or reconcile found what it left as it was. 2: the command line is wrong. 3: the table can't be reached.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from cutout.admin import accounts, audit, keys, usage, webhooks
from cutout.admin.stores import Output, Stores, open_table
from cutout.admin.text import account_id, day, dollars, dollars_or_none, parameters, positive_dollars, rate, rate_or_none
from cutout.domain.accounts import AccountStatus
from cutout.domain.errors import OurFault
from cutout.service.book import BookError

_DEFAULTS = "parameters of its objects in the drop box, where they have none of their own"

Open = Callable[[str, str], Stores]


def main(
    argv: Sequence[str], env: Mapping[str, str], *, now_ms: int, out: TextIO, err: TextIO, open_stores: Open = open_table
) -> int:
    parser = _parser(env)
    args = parser.parse_args(argv)
    if not args.table:
        parser.error("which table? Give --table NAME, or set TABLE_NAME; the stack's output TableName has it.")
    try:
        output: Output = args.command(args, open_stores(args.table, args.region), now_ms)
    except BookError as refused:
        output = Output(note=str(refused), exit_code=1)
    except OurFault as fault:
        # The message for clients says nothing of the cause; an operator needs it.
        cause = f" ({fault.__cause__})" if fault.__cause__ else ""
        output = Output(note=f"The table {args.table!r} in {args.region} can't be used now{cause}.", exit_code=3)
    for text, stream in ((output.text, out), (output.note, err)):
        if text:
            stream.write(text + "\n")
    return output.exit_code


def _parser(env: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cutout.admin", description="Accounts, keys, money and reports of a deployment."
    )
    parser.add_argument("--table", default=env.get("TABLE_NAME"), help="the deployment's table (default: TABLE_NAME)")
    region = env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
    parser.add_argument("--region", default=region, help="its region (default: AWS_REGION, else us-east-1)")
    groups = parser.add_subparsers(required=True, metavar="COMMAND")
    _account_commands(groups)
    _key_commands(groups)
    _webhook_commands(groups)
    _report_commands(groups)
    return parser


def _account_commands(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = groups.add_parser("account", help="create, list, show, limit, topup").add_subparsers(required=True, metavar="COMMAND")

    create = group.add_parser("create", help="open an account")
    create.add_argument("account", type=account_id, help="its id: small letters, digits, hyphens")
    create.add_argument("--name", help="what people call it (default: the id)")
    create.add_argument("--prepaid", action="store_true", help="spending stops when the balance is used up")
    create.add_argument("--monthly-limit", type=dollars, metavar="USD", help="spending stops at this sum in a calendar month (UTC)")
    create.add_argument("--requests-per-minute", type=rate, metavar="N", help="more get 429")
    create.add_argument("--defaults", type=parameters, default={}, metavar="JSON", help=_DEFAULTS)
    create.set_defaults(command=accounts.create)

    group.add_parser("list", help="all accounts").set_defaults(command=accounts.listing)

    show = group.add_parser("show", help="one account with its money")
    show.add_argument("account", type=account_id)
    show.set_defaults(command=accounts.show)

    change = group.add_parser(
        "limit", help="change limits, name or status; what isn't named stays", argument_default=argparse.SUPPRESS
    )
    change.add_argument("account", type=account_id)
    change.add_argument("--name")
    change.add_argument(
        "--prepaid", action=argparse.BooleanOptionalAction, help="whether spending stops when the balance is used up"
    )
    change.add_argument(
        "--monthly-limit", type=dollars_or_none, metavar="USD|none", help="holds at once, for the present month too"
    )
    change.add_argument("--requests-per-minute", type=rate_or_none, metavar="N|none")
    change.add_argument("--defaults", type=parameters, metavar="JSON", help=_DEFAULTS)
    change.add_argument(
        "--status", choices=[status.value for status in AccountStatus], help="keys of a suspended account open nothing"
    )
    change.set_defaults(command=accounts.change)

    top_up = group.add_parser("topup", help="pay money in")
    top_up.add_argument("account", type=account_id)
    top_up.add_argument("amount", type=positive_dollars, metavar="USD")
    top_up.add_argument("--reference", required=True, help="the payment's own name: paid in once, however often it is repeated")
    top_up.set_defaults(command=accounts.top_up)


def _key_commands(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = groups.add_parser("key", help="create, list, revoke, rotate").add_subparsers(required=True, metavar="COMMAND")

    create = group.add_parser("create", help="make a key; it is printed once")
    create.add_argument("account", type=account_id)
    create.add_argument("--label", default="", help="what it is for")
    create.set_defaults(command=keys.create)

    listing = group.add_parser("list", help="an account's keys")
    listing.add_argument("account", type=account_id)
    listing.set_defaults(command=keys.listing)

    revoke = group.add_parser("revoke", help="make a key useless, at once")
    rotate = group.add_parser("rotate", help="replace a key by a new one, at once; the new one is printed once")
    rotate.add_argument("--label", help="what the new key is for (default: the old one's label)")
    for parser, command in ((revoke, keys.revoke), (rotate, keys.rotate)):
        parser.add_argument("account", type=account_id)
        parser.add_argument("key", help="its id in `key list`, or the beginning of it")
        parser.set_defaults(command=command)


def _webhook_commands(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    secret = groups.add_parser("webhook-secret", help="show what an account's webhooks are signed with; it is made if need be")
    secret.add_argument("account", type=account_id)
    secret.add_argument("--rotate", action="store_true", help="make a new one; for 24 hours both sign")
    secret.set_defaults(command=webhooks.secret)


def _report_commands(groups: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    report = groups.add_parser("usage", help="what was done, what it cost, what it was sold for")
    report.add_argument("--account", type=account_id, help="only this one (default: all)")
    report.add_argument("--from", dest="first", type=day, metavar="DAY", help="default: the first of the month")
    report.add_argument("--to", dest="last", type=day, metavar="DAY", help="default: today")
    report.add_argument(
        "--by", choices=["day", "account", "stage"], default="day", help="stage: read from the ledger, charge by charge"
    )
    report.add_argument("--csv", action="store_true", help="for a spreadsheet, digit for digit")
    report.add_argument("--plot", type=Path, metavar="FILE.svg", help="also draw the cost")
    report.set_defaults(command=usage.usage)

    check = groups.add_parser("reconcile", help="compare purses and counters with the ledger")
    check.add_argument("--account", type=account_id, help="only this one (default: all)")
    check.add_argument("--repair", action="store_true", help="put right what differs, release what abandoned tasks hold")
    check.set_defaults(command=audit.reconciled)
