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
from cutout.domain.removal import OutputSettings, RemovalSettings


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


ImageSource = InlineImage | ImageUrl | ImageReference


class OutputType(StrEnum):
    URL = "URL"
    BASE64 = "base64Data"
    DATA_URI = "dataURI"


@dataclass(frozen=True, slots=True)
class RemovalTask:
    """A parsed, valid request to remove a background. `request_hash` covers every parameter but the taskUUID."""

    task_type: str
    task_uuid: UUID
    request_hash: str
    source: ImageSource
    removal: RemovalSettings
    output: OutputSettings
    output_types: tuple[OutputType, ...] = (OutputType.URL,)
    include_cost: bool = False


@dataclass(frozen=True, slots=True)
class UploadTask:
    """A parsed, valid request to keep an image for later."""

    task_type: str
    task_uuid: UUID
    request_hash: str
    source: InlineImage | ImageUrl
    include_cost: bool = False


@dataclass(frozen=True, slots=True)
class AccountTask:
    """A valid request to be told about one's own account. It runs no model, leaves no record and costs nothing."""

    task_type: str
    task_uuid: UUID


Task = RemovalTask | UploadTask | AccountTask


@dataclass(frozen=True, slots=True)
class TaskKey:
    """The same taskUUID in two accounts is two tasks."""

    account_id: str
    task_uuid: UUID


class TaskStatus(StrEnum):
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """What is kept of a task. Times are milliseconds since 1970 (UTC).

    `image_uuid` is chosen at acceptance, so that a second run overwrites the first one's object instead of adding to it.
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
    if existing.status is TaskStatus.PROCESSING and existing.lease_until_ms <= now_ms:
        return TakeOver(existing)
    if existing.status is TaskStatus.FAILED and existing.error and existing.error["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TakeOver(existing)
    return Answer(existing)


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
