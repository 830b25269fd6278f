"""What the service needs of the world, one narrow Protocol an errand. Adapters satisfy them structurally.

The in-memory fakes in tests/fakes pass the same contract tests as the adapters.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from cutout.domain.accounts import Account, ApiKey
from cutout.domain.charges import Charge
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.domain.purse import Purse
from cutout.domain.rate import Rate
from cutout.domain.tasks import TaskKey, TaskRecord
from cutout.domain.usage import Usage

Clock = Callable[[], int]
"""Milliseconds since 1970 (UTC)."""


class StaleToken(Exception):
    """Another worker has taken the task over since: what this one did must have no effect."""


class TaskStore(Protocol):
    """Task records and the ledger. Every write is conditional: two workers can't both win."""

    def find(self, key: TaskKey, meter: Meter) -> TaskRecord | None:
        """The record as it is now (a strongly consistent read)."""
        ...

    def create(self, record: TaskRecord, account: Account, meter: Meter) -> TaskRecord | None:
        """Puts a new record and reserves `record.reserved` from the account, in one transaction.

        Returns the record that was there before, in which case nothing was changed, or None.

        Raises:
            InsufficientCredits, SpendLimitExceeded: the account can't cover `record.reserved`; nothing was changed.
        """
        ...

    def take_over(self, old: TaskRecord, new: TaskRecord, account: Account, meter: Meter) -> bool:
        """Replaces `old` by `new` if the stored token and status are still those of `old`.

        The reservation of a worker that died is still held, and stays as it was; that of a failed task was released, and is made anew.

        False: somebody else was faster.

        Raises:
            InsufficientCredits, SpendLimitExceeded: as for `create`.
        """
        ...

    def commit(self, record: TaskRecord, charge: Charge, account: Account, meter: Meter) -> Charge:
        """In one transaction: the task done, the charge put, usage counted, the reservation settled, the image known.

        Safe to repeat: a commit whose answer was lost is recognised by reading, and nothing is added twice. Returns the charge as
        it stands in the ledger: its price is lower than asked where the account's limits left no room (`Charge.absorbed`).

        Raises:
            StaleToken: the stored token isn't `record.token` any more; nothing was changed.
            ConflictTaskUUID: the ledger has a charge from a task whose record has long expired; nothing was changed.
        """
        ...

    def fail(self, record: TaskRecord, account: Account, meter: Meter) -> None:
        """Marks the task failed and releases its reservation. Charges nothing.

        Raises:
            StaleToken: as for `commit`.
        """
        ...

    def commit_units(self, record: TaskRecord, account: Account) -> int:
        """The write units that `commit` will consume, so that the charge can contain its own price."""
        ...


class ImageCatalogue(Protocol):
    """Which images there are, by UUID. Results enter it through `TaskStore.commit`."""

    def find_image(self, account_id: str, image_uuid: UUID, meter: Meter) -> StoredImage | None:
        """None also for another account's image: existence is not disclosed."""
        ...


class AccountStore(Protocol):
    """Who holds a key, and who an account is."""

    def find_by_key(self, key_hash: str) -> Account | None:
        """The account, None for an unknown or revoked key."""
        ...

    def find_active(self, account_id: str, meter: Meter | None = None) -> Account | None:
        """None for one that isn't known or is suspended."""
        ...


class AccountReader(Protocol):
    """An account's money, keys and usage, for itself to see."""

    def purses(self, account_id: str) -> Sequence[Purse]: ...

    def keys(self, account_id: str) -> Sequence[ApiKey]: ...

    def usage(self, account_id: str, first_day: str, last_day: str) -> Mapping[str, Usage]:
        """By day (`2026-11-24`), first and last included; days without any are left out."""
        ...


class RateCounter(Protocol):
    """How often accounts have called lately."""

    def admit(self, account_id: str, rate: Rate, now_ms: int) -> int:
        """Counts one request, unless there were too many. 0: admitted; else how many milliseconds to wait."""
        ...


class ObjectStore(Protocol):
    """Bytes by key, private, handed out by signed URL."""

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str], meter: Meter) -> None: ...

    def get(self, key: str, meter: Meter) -> bytes | None:
        """None: there is no such object (any more)."""
        ...

    def signed_url(self, key: str) -> str:
        """A URL that gives the object to whoever has it, for an hour at most."""
        ...


class UrlFetcher(Protocol):
    """Fetches what a client's URL points to; refuses addresses that aren't public."""

    def get(self, url: str, *, max_bytes: int, deadline: float) -> bytes:
        """The body; `deadline` is in `time.monotonic()` seconds.

        Raises:
            FailedToTransferImage, ImageTooLarge
        """
        ...
