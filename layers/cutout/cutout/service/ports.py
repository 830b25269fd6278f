"""What the service needs of the world, one narrow Protocol an errand. Adapters satisfy them structurally.

The in-memory fakes in tests/fakes pass the same contract tests as the adapters.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
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
        """Replaces `old` by `new` if the stored token, status and lease are still those of `old`. A job and whom to tell are kept as they
        are where `new` has no job.

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

    def create_units(self, record: TaskRecord, account: Account) -> int:
        """The write units that `create` consumed: whoever takes a queued task up has not seen its creation."""
        ...

    def commit_units(self, record: TaskRecord, account: Account) -> int:
        """The write units that `commit` will consume, so that the charge can contain its own price."""
        ...


class ImageCatalogue(Protocol):
    """Which images there are, by UUID. Results enter it through `TaskStore.commit`."""

    def find_image(self, account_id: str, image_uuid: UUID, meter: Meter) -> StoredImage | None:
        """None also for another account's image: existence is not disclosed."""
        ...

    def confirm(self, image: StoredImage, meter: Meter) -> None:
        """Enters what was found out about an uploaded image when it was first used. Does nothing if it was removed since."""
        ...

    def remove(self, image: StoredImage, meter: Meter) -> None:
        """Forgets the image. Does nothing if it isn't there."""
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


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """A form that uploads one image: POST it to `url` with `fields` before the file. `expires_ms`: milliseconds since 1970."""

    url: str
    fields: Mapping[str, str]
    expires_ms: int


class ObjectStore(Protocol):
    """Bytes by key, private, handed out by signed URL."""

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str], meter: Meter) -> None: ...

    def get(self, key: str, meter: Meter) -> bytes | None:
        """None: there is no such object (any more)."""
        ...

    def remove(self, key: str, meter: Meter) -> None:
        """Does nothing if there is no such object."""
        ...

    def signed_url(self, key: str, within_s: int | None = None) -> str:
        """A URL that gives the object to whoever has it, for an hour or `within_s` seconds at most."""
        ...

    def presigned_upload(self, key: str, content_type: str, max_bytes: int) -> PresignedUpload:
        """Lets whoever has it put one object of this type and at most this size under `key`, for an hour at most."""
        ...


class TaskQueue(Protocol):
    """Leads workers to tasks. At least once: what is sent may arrive twice."""

    def send(self, key: TaskKey) -> None:
        """Raises ServiceUnavailable: it may not have been sent."""
        ...


class WebhookQueue(Protocol):
    """Leads the deliverer to results that somebody waits for. At least once."""

    def send(self, key: TaskKey, url: str) -> None:
        """Raises ServiceUnavailable: it may not have been sent."""
        ...


class Sessions(Protocol):
    """Clients of the WebSocket API: a session outlives its connections."""

    def redirect(self, session: UUID, to: UUID) -> None:
        """What is pushed to `session` from now on reaches the connection of the session `to`."""
        ...


class Push(Protocol):
    """Sends to whoever holds a session, over whichever connection it has now."""

    def push(self, session: UUID, frame: bytes) -> bool:
        """False: nobody is connected; the result stays to be asked for."""
        ...


class Poster(Protocol):
    """Sends to other people's hosts, at URLs that clients chose; addresses that aren't public are refused."""

    def send(
        self,
        method: Literal["PUT", "POST"],
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        deadline: float,
        parameter: str = ...,
        https_only: bool = ...,
    ) -> int:
        """The status of the answer, whatever it is; redirects aren't followed. `deadline` is in `time.monotonic()` seconds.

        Raises:
            FailedToTransferImage: there was none.
        """
        ...


class Web(Poster, Protocol):
    """Other people's hosts, at URLs that clients chose; addresses that aren't public are refused."""

    def get(self, url: str, *, max_bytes: int, deadline: float) -> bytes:
        """The body; `deadline` is in `time.monotonic()` seconds.

        Raises:
            FailedToTransferImage, ImageTooLarge
        """
        ...

    def check(self, url: str, *, deadline: float, parameter: str) -> None:
        """Whether the URL leads to public addresses, as of now.

        Raises:
            InvalidParameter: it doesn't.
        """
        ...
