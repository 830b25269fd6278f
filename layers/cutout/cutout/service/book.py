"""The operator's side of accounts: what it takes to open them, fund them, limit them and hand out keys."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from cutout.domain.accounts import Account, ApiKey
from cutout.domain.money import Micros
from cutout.domain.purse import Purse
from cutout.domain.usage import Usage


class BookError(Exception):
    """What the operator asked for can't be done; the message says why, in words meant for them."""


class AccountExists(BookError):
    def __init__(self, account_id: str) -> None:
        super().__init__(f"There is an account {account_id!r} already.")


class UnknownAccount(BookError):
    def __init__(self, account_id: str) -> None:
        super().__init__(f"There is no account {account_id!r}.")


class UnknownKey(BookError):
    def __init__(self, account_id: str) -> None:
        super().__init__(f"The account {account_id!r} has no such key in use.")


class ReferenceUsed(BookError):
    def __init__(self, reference: str) -> None:
        super().__init__(f"The reference {reference!r} was used for a top-up of another amount.")


class AccountBook(Protocol):
    """Accounts, their money and their keys."""

    def create(self, account: Account) -> None:
        """Raises:
        AccountExists
        """
        ...

    def find(self, account_id: str) -> Account | None: ...

    def accounts(self) -> Iterable[Account]:
        """All of them, by id."""
        ...

    def change(self, account: Account, now_ms: int) -> None:
        """Put the account's settings in place of the old ones, and bring the present month's purse into line with its limit.

        A limit that is set in mid-month counts what was spent since the month began, but not the tasks that are at work just then.

        Raises:
            UnknownAccount
        """
        ...

    def top_up(self, account_id: str, amount: Micros, reference: str, at_ms: int) -> None:
        """Pay `amount` > 0 into the prepaid purse: once for each `reference`, however often it is asked for.

        Raises:
            UnknownAccount
            ReferenceUsed: the reference belongs to another amount; nothing was changed.
        """
        ...

    def purses(self, account_id: str) -> Sequence[Purse]:
        """The prepaid purse, if money was ever paid in, and those of all months in which there was a limit."""
        ...

    def add_key(self, key: ApiKey) -> None:
        """Raises:
        UnknownAccount
        """
        ...

    def keys(self, account_id: str) -> Sequence[ApiKey]:
        """Oldest first, revoked ones included."""
        ...

    def revoke_key(self, account_id: str, key_hash: str) -> None:
        """Dead at once. A key that is revoked already stays so.

        Raises:
            UnknownKey: also for another account's key.
        """
        ...

    def replace_key(self, key_hash: str, successor: ApiKey) -> None:
        """Revoke a key and add its successor, in one step.

        Raises:
            UnknownKey: the account of `successor` has no such key in use; nothing was changed.
        """
        ...

    def usage(self, account_id: str, first_day: str, last_day: str) -> Mapping[str, Usage]:
        """Usage by day (`2026-11-24`), from the first to the last inclusive; days without any are left out."""
        ...
