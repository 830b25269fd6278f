"""What is on record about money: the facts from which every purse and every counter can be computed anew."""

from dataclasses import dataclass

from cutout.domain.charges import Charge
from cutout.domain.money import Micros
from cutout.domain.purse import day_of, month_of
from cutout.domain.tasks import TaskRecord


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A charge in the ledger. It belongs to the day and month in which its task was accepted; `purses` paid it."""

    charge: Charge
    accepted_ms: int
    purses: tuple[str, ...] = ()

    @property
    def account_id(self) -> str:
        return self.charge.key.account_id

    @property
    def day(self) -> str:
        return day_of(self.accepted_ms)

    @property
    def month(self) -> str:
        return month_of(self.accepted_ms)


@dataclass(frozen=True, slots=True)
class KeptTask:
    """A task's record, and the purses that hold its reservation while it is at work."""

    record: TaskRecord
    purses: tuple[str, ...] = ()

    @property
    def account_id(self) -> str:
        return self.record.key.account_id


@dataclass(frozen=True, slots=True)
class TopUp:
    """Money paid into an account's prepaid purse."""

    account_id: str
    amount: Micros


Fact = LedgerEntry | KeptTask | TopUp
