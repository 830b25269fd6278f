"""The drop box: an object that somebody put into a bucket becomes its cutout, under `results/` and the same name.

What happens is decided by the object as it is when it is opened, never by the event that told of it: events come twice, late and in
the wrong order, but S3 itself always shows the last write. So an event of an object that was overwritten since leads to the newer
object's task, which is done once; and one of an object that is gone leads to nothing.
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

from cutout.domain.accounts import Account
from cutout.domain.errors import CutoutError, ImageTooLarge, InvalidParameter, OurFault, as_cutout_error
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.domain.money import Micros, to_dollars
from cutout.domain.remembered import RememberedError
from cutout.domain.removal import InputLimits
from cutout.domain.tasks import RemovalTask, TaskStatus
from cutout.imaging.engine import RemovalEngine
from cutout.imaging.pipeline import remove_background
from cutout.service.desk import Finished, TaskDesk
from cutout.service.invocation import Invocation
from cutout.service.outcomes import Completed, Rejected
from cutout.service.ports import AccountStore
from cutout.service.removal import as_stored

ERROR_SUFFIX: Final = ".error.json"
TASK_TYPE: Final = "imageBackgroundRemoval"


@dataclass(frozen=True, slots=True)
class Drop:
    """An object to work on, as an event or a manifest names it.

    `target`: the result's key, but for the extension. `account_id` is None where the key names none. `version_id` pins a version;
    otherwise the object is taken as it is. `job` is the batch job that ordered it, if one did, and `settings` that job's own.
    """

    bucket: str
    key: str
    account_id: str | None
    target: str
    version_id: str | None = None
    job: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opened:
    """An object as it was when it was opened. `version`: its version id, or its ETag and time of writing. `read` gives its content."""

    bucket: str
    key: str
    version: str
    etag: str
    size: int
    metadata: Mapping[str, str]
    read: Callable[[], bytes]


class DropBoxObjects(Protocol):
    """Objects in other people's hands, and what is put beside them."""

    def open(self, drop: Drop) -> AbstractContextManager[Opened | None]:
        """None: there is no such object (any more)."""
        ...

    def is_current(self, opened: Opened, drop: Drop) -> bool:
        """Whether it is still what lies there."""
        ...

    def put(self, key: str, content: bytes, content_type: str, metadata: Mapping[str, str]) -> None: ...

    def remove(self, key: str) -> None: ...

    def remove_original(self, opened: Opened) -> None:
        """Unless another has taken its place."""
        ...


Parse = Callable[[Opened, Drop, Account, UUID], RemovalTask]
"""The task that the object's metadata, the job, the account and the deployment ask for together; raises RequestError."""


class Superseded(Exception):
    """The object was overwritten or removed while it was worked on: the newer one's own event sees to that one."""


@dataclass(frozen=True, slots=True)
class DropBox:
    """`explain` puts a refusal into the words of the API. `keep_originals`: False removes an original once its result is there.
    `smaller_png`: as in `Removals`.
    """

    desk: TaskDesk
    accounts: AccountStore
    objects: DropBoxObjects
    engine: RemovalEngine
    limits: InputLimits
    parse: Parse
    explain: Callable[[Rejected], bytes]
    report: Callable[[CutoutError], None]
    keep_originals: bool = True
    smaller_png: bool = False

    def take(self, drop: Drop, invocation: Invocation) -> Completed | Rejected | None:
        """Do what the object asks for, once. None: there was nothing (left) to do. Never raises: see `may_be_repeated`."""
        try:
            with self.objects.open(drop) as opened:
                if opened is None:
                    return None
                outcome = self._outcome(opened, drop, invocation)
            self._tidy(opened, drop, outcome)
        except Superseded:
            return None
        except Exception as fault:  # noqa: BLE001 (the other objects of the invocation go on)
            return self._rejected(fault)
        return outcome

    def _outcome(self, opened: Opened, drop: Drop, invocation: Invocation) -> Completed | Rejected:
        task_uuid = uuid_of("task", opened, drop.job)
        meter = Meter(s3_gets=1)
        try:
            account = self._account(drop, meter)
            # Defaults may have changed since an earlier delivery; it is the same request all the same.
            task = replace(self.parse(opened, drop, account, task_uuid), request_hash=task_uuid.hex)
            record = self.desk.run(task, account, invocation, self._work(task, opened, drop, account, invocation), meter)
        except Superseded:
            raise
        except Exception as fault:  # noqa: BLE001 (it becomes the object's error file, or its next try)
            return self._rejected(fault, task_uuid)
        if record.status is TaskStatus.FAILED and record.error:
            return Rejected(RememberedError(record.error), TASK_TYPE, str(task_uuid))
        return Completed(record)

    def _account(self, drop: Drop, meter: Meter) -> Account:
        account = self.accounts.find_active(drop.account_id, meter) if drop.account_id else None
        if account is None:
            raise InvalidParameter(
                "No active account has this name. Under uploads/ the folder names it: uploads/{account}/; for a batch job, "
                "its argument `account` does.",
                parameter="account",
                expected_type="string",
            )
        return account

    def _work(
        self, task: RemovalTask, opened: Opened, drop: Drop, account: Account, invocation: Invocation
    ) -> Callable[[UUID, Meter], Finished]:
        def work(image_uuid: UUID, meter: Meter) -> Finished:
            stage = invocation.stage(meter)
            with stage("fetch"):
                source = self._content(opened)
            removed = remove_background(
                source, task.removal, task.output, self.limits, self.engine, stage, smaller_png=self.smaller_png
            )
            # Appended, not replaced: a.jpg and a.png lie side by side in many a folder.
            object_key = f"{drop.target}.{removed.format.extension}"
            image = as_stored(removed, account.account_id, image_uuid, object_key)

            def store(price: Micros) -> None:
                # A result of what was overwritten meanwhile must not lie over the newer one's.
                if not self.objects.is_current(opened, drop):
                    raise Superseded
                metadata = _metadata(task, image, price, opened)
                self.objects.put(image.object_key, removed.encoded, image.format.content_type, metadata)

            # What `store` will use: the look at the original and the PUT. It takes about as long as fetching did.
            meter.s3_gets += 1
            meter.s3_puts += 1
            input_uuid = uuid_of("image", opened)
            return Finished(image, input_uuid, task.removal.model, store, meter.stage_ms["fetch"])

        return work

    def _content(self, opened: Opened) -> bytes:
        if opened.size > self.limits.max_bytes:
            raise ImageTooLarge(
                f"The object has {opened.size:,} bytes; at most {self.limits.max_bytes:,} are accepted.",
                maximum=self.limits.max_bytes,
            )
        return opened.read()

    def _tidy(self, opened: Opened, drop: Drop, outcome: Completed | Rejected) -> None:
        """Leave beside the result's place what belongs there. Safe to repeat."""
        error_key = drop.target + ERROR_SUFFIX
        if isinstance(outcome, Rejected):
            if not may_be_repeated(outcome) and self.objects.is_current(opened, drop):
                self.objects.put(error_key, self.explain(outcome), "application/json", {"task-uuid": outcome.task_uuid or ""})
        elif outcome.record.status is TaskStatus.DONE:
            self.objects.remove(error_key)
            if not self.keep_originals:
                self.objects.remove_original(opened)

    def _rejected(self, fault: Exception, task_uuid: UUID | None = None) -> Rejected:
        error = as_cutout_error(fault)
        if isinstance(error, OurFault):
            self.report(error)
        return Rejected(error, TASK_TYPE, str(task_uuid) if task_uuid else None)


def may_be_repeated(outcome: Completed | Rejected | None) -> bool:
    """Whether the object should come again: our fault ended its task, or another worker has it, who may yet die."""
    if isinstance(outcome, Rejected):
        return outcome.error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return outcome is not None and outcome.record.status is TaskStatus.PROCESSING


def uuid_of(kind: str, opened: Opened, job: str = "") -> UUID:
    """The same UUID for the same object, for ever: SHA-256 in the form of a version 4, which is what the API accepts as a taskUUID."""
    name = f"{kind}\0{opened.bucket}\0{opened.key}\0{opened.version}\0{job}"
    return UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)


def _metadata(task: RemovalTask, image: StoredImage, price: Micros, opened: Opened) -> Mapping[str, str]:
    return {
        "task-uuid": str(task.task_uuid),
        "image-uuid": str(image.image_uuid),
        "model": task.removal.model,
        "cost": f"{to_dollars(price):f}",
        "width": str(image.width),
        "height": str(image.height),
        "input-bytes": str(opened.size),
        "input-etag": opened.etag,
    }
