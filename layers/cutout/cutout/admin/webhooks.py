"""webhook-secret: what an account's webhooks are signed with."""

from argparse import Namespace
from datetime import UTC, datetime

from cutout.admin.accounts import known
from cutout.admin.stores import Output, Stores


def secret(args: Namespace, stores: Stores, now_ms: int) -> Output:
    """Unlike a key it can be shown again: both sides have to know it, and so it is stored."""
    account_id = known(stores, args.account).account_id
    found = (stores.secrets.rotate if args.rotate else stores.secrets.of)(account_id, now_ms)
    last = max((old.until_ms for old in found.retired if old.until_ms > now_ms), default=None)
    until = f" What it took the place of also signs until {_when(last)} UTC." if last else ""
    return Output(
        found.current, f"Webhooks of account {account_id} are signed with this, since {_when(found.created_ms)} UTC.{until}"
    )


def _when(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
