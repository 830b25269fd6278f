"""Reading the ledger."""

from collections.abc import Iterable
from typing import Protocol

from cutout.domain.ledger import LedgerEntry


class Ledger(Protocol):
    def entries(self, account_id: str, month: str) -> Iterable[LedgerEntry]:
        """An account's charges of a month (`2026-11`), by the time at which their tasks were accepted."""
        ...
