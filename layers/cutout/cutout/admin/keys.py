"""key create | list | revoke | rotate"""

from argparse import Namespace
from datetime import UTC, datetime

from cutout.admin.accounts import known
from cutout.admin.stores import Output, Stores
from cutout.admin.text import table
from cutout.domain.accounts import ApiKey, issue_key
from cutout.service.book import BookError

_ID_LENGTH = 10
"""Digits of a key's hash by which the operator names it."""

_ONCE = "This is the only time that it is shown: only its hash is stored."


class AmbiguousKey(BookError):
    def __init__(self, prefix: str, found: int) -> None:
        problem = f"{found} keys begin with" if found else "No key begins with"
        super().__init__(f"{problem} {prefix!r}; see `key list`.")


def create(args: Namespace, stores: Stores, now_ms: int) -> Output:
    secret, key = issue_key(args.account, args.label, now_ms)
    stores.book.add_key(key)
    return Output(secret, f"Key {_id(key)} for account {args.account}. {_ONCE}")


def listing(args: Namespace, stores: Stores, _now_ms: int) -> Output:
    keys = stores.book.keys(known(stores, args.account).account_id)
    rows = [(_id(key), f"…{key.last_four}", key.label, _when(key), "revoked" if key.revoked else "in use") for key in keys]
    return Output(table(("ID", "KEY", "LABEL", "CREATED", "STATUS"), rows))


def revoke(args: Namespace, stores: Stores, _now_ms: int) -> Output:
    key = _find(args, stores)
    stores.book.revoke_key(args.account, key.key_hash)
    return Output(note=f"Key {_id(key)} (…{key.last_four}) is revoked, as of now.")


def rotate(args: Namespace, stores: Stores, now_ms: int) -> Output:
    old = _find(args, stores)
    secret, key = issue_key(args.account, old.label if args.label is None else args.label, now_ms)
    stores.book.replace_key(old.key_hash, key)
    return Output(secret, f"Key {_id(key)} takes the place of {_id(old)} (…{old.last_four}), which is revoked, as of now. {_ONCE}")


def _find(args: Namespace, stores: Stores) -> ApiKey:
    """The account's one key whose id or hash begins so."""
    found = [key for key in stores.book.keys(known(stores, args.account).account_id) if key.key_hash.startswith(args.key.lower())]
    if len(found) != 1:
        raise AmbiguousKey(args.key, len(found))
    return found[0]


def _id(key: ApiKey) -> str:
    return key.key_hash[:_ID_LENGTH]


def _when(key: ApiKey) -> str:
    return datetime.fromtimestamp(key.created_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
