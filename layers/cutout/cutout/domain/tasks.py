"""A task: what a client asked for, what is recorded of it, and what to do when it turns up again.

A task is delivered at least once and charged at most once. Three things see to it: its record (one per account and taskUUID), a lease
(how long the present worker may hold it) and a fencing token (which worker holds it: each take-over raises it by one, and a commit
with an older token is refused).
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from uuid import UUID

from cutout.domain.errors import ConflictTaskUUID
from cutout.domain.images import StoredImage
from cutout.domain.money import Micros
from cutout.domain.removal import ImageFormat, OutputSettings, RemovalSettings


@dataclass(frozen=True, slots=True)
class InlineImage:
    """Image bytes that came with the request."""

    content: bytes


@dataclass(frozen=True, slots=True)
class ImageUrl:
    url: str


@dataclass(frozen=True, slots=True)
class ImageReference:
    """The UUID of an image that the account uploaded or generated."""

    image_uuid: UUID


@dataclass(frozen=True, slots=True)
class KeptInput:
    """An image that came with the request and was put aside until the task's turn comes."""

    object_key: str
    image_uuid: UUID


ImageSource = InlineImage | ImageUrl | ImageReference | KeptInput


class OutputType(StrEnum):
    URL = "URL"
    BASE64 = "base64Data"
    DATA_URI = "dataURI"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the answers about a task are to carry."""

    output_types: tuple[OutputType, ...] = ()
    include_cost: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Who is told when a task that went through the queue has ended: a webhook, a WebSocket session, both or neither."""

    webhook_url: str | None = None
    session: UUID | None = None


@dataclass(frozen=True, slots=True)
class RemovalTask:
    """A parsed, valid request to remove a background. `request_hash` covers every parameter but the taskUUID.

    `asynchronous`: acknowledged at once and done by way of the queue. The result is also PUT to `upload_endpoint`, and deleted after
    `ttl_s` seconds, where they are given.
    """

    task_type: str
    task_uuid: UUID
    request_hash: str
    source: ImageSource
    removal: RemovalSettings
    output: OutputSettings
    output_types: tuple[OutputType, ...] = (OutputType.URL,)
    include_cost: bool = False
    asynchronous: bool = False
    webhook_url: str | None = None
    upload_endpoint: str | None = None
    ttl_s: int | None = None

    @property
    def asked(self) -> Asked:
        return Asked(self.output_types, self.include_cost)


@dataclass(frozen=True, slots=True)
class UploadTask:
    """A parsed, valid request to keep an image for later."""

    task_type: str
    task_uuid: UUID
    request_hash: str
    source: InlineImage | ImageUrl | KeptInput
    include_cost: bool = False

    @property
    def asked(self) -> Asked:
        return Asked((OutputType.URL,), self.include_cost)


@dataclass(frozen=True, slots=True)
class DeletionTask:
    """A valid request to delete an image of one's own."""

    task_type: str
    task_uuid: UUID
    request_hash: str
    image_uuid: UUID
    include_cost: bool = False

    @property
    def asked(self) -> Asked:
        return Asked((), self.include_cost)


@dataclass(frozen=True, slots=True)
class PresignTask:
    """A valid request for a place to upload an image to, too large to come with a request."""

    task_type: str
    task_uuid: UUID
    request_hash: str
    format: ImageFormat
    include_cost: bool = False

    @property
    def asked(self) -> Asked:
        return Asked((), self.include_cost)


RecordedTask = RemovalTask | UploadTask | DeletionTask | PresignTask
"""The tasks that leave a record and a charge."""


@dataclass(frozen=True, slots=True)
class ResponseTask:
    """A valid request for the result of an earlier task, whose UUID it has. It leaves no record and costs nothing."""

    task_type: str
    task_uuid: UUID


@dataclass(frozen=True, slots=True)
class AccountTask:
    """A valid request to be told about one's own account. It runs no model, leaves no record and costs nothing."""

    task_type: str
    task_uuid: UUID


Task = RecordedTask | ResponseTask | AccountTask


@dataclass(frozen=True, slots=True)
class TaskKey:
    """The same taskUUID in two accounts is two tasks."""

    account_id: str
    task_uuid: UUID


class TaskStatus(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What is kept of a task. Times are milliseconds since 1970 (UTC).

    `image_uuid` is chosen at acceptance, so that a second run overwrites the first one's object instead of adding to it. A lease is
    the time within which nobody else takes the task over; of a queued one, within which it isn't sent to the queue once more. `job` is
    the whole task as text, for the worker that the queue leads to it; it goes when the task is done.
    """

    key: TaskKey
    task_type: str
    request_hash: str
    image_uuid: UUID
    status: TaskStatus
    token: int
    lease_until_ms: int
    created_ms: int
    reserved: Micros = Micros(0)
    image: StoredImage | None = None
    input_image_uuid: UUID | None = None
    price: Micros | None = None
    error: dict[str, Any] | None = None
    asked: Asked = Asked()
    tell: Tell = Tell()
    job: str | None = None

    @property
    def is_open(self) -> bool:
        """Neither done nor failed."""
        return self.status in {TaskStatus.QUEUED, TaskStatus.PROCESSING}

    @property
    def failed_by_us(self) -> bool:
        return (
            self.status is TaskStatus.FAILED and self.error is not None and self.error["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR
        )


@dataclass(frozen=True, slots=True)
class TakeOver:
    """The record is there for the taking: its worker's lease has run out, or our fault ended it."""

    record: TaskRecord


@dataclass(frozen=True, slots=True)
class Answer:
    """The record already says what to answer: done, failed, or still at work."""

    record: TaskRecord


def on_repeat(existing: TaskRecord, request_hash: str, now_ms: int) -> TakeOver | Answer:
    """What a task that is already on record calls for.

    Raises:
        ConflictTaskUUID: the taskUUID belongs to a different request.
    """
    if existing.request_hash != request_hash:
        raise ConflictTaskUUID(
            f"taskUUID {existing.key.task_uuid} was already used for a different request; use a new UUID v4 for each request.",
            parameter="taskUUID",
            expected_type="string",
        )
    lapsed = existing.is_open and existing.lease_until_ms <= now_ms
    return TakeOver(existing) if lapsed or existing.failed_by_us else Answer(existing)


def taken_over(record: TaskRecord, *, lease_until_ms: int, reserved: Micros) -> TaskRecord:
    """The record as the next worker holds it."""
    return replace(
        record,
        status=TaskStatus.PROCESSING,
        token=record.token + 1,
        lease_until_ms=lease_until_ms,
        reserved=reserved,
        error=None,
    )


def requeued(record: TaskRecord, *, lease_until_ms: int, job: str | None = None, tell: Tell | None = None) -> TaskRecord:
    """The record as it goes (back) to the queue: out of the hands of whoever held it."""
    return replace(
        record,
        status=TaskStatus.QUEUED,
        token=record.token + 1,
        lease_until_ms=lease_until_ms,
        job=job or record.job,
        tell=tell or record.tell,
        error=None,
    )
