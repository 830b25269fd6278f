"""Delivering what became of a task to the address that its client named."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Protocol

from cutout.domain.errors import (
    CutoutError,
    FailedToTransferImage,
    OurFault,
    RequestError,
    TaskFailedOrNotFound,
    as_cutout_error,
)
from cutout.domain.metering import Meter
from cutout.domain.tasks import TaskKey
from cutout.domain.webhooks import WebhookSecret, pause_s, signed_headers
from cutout.service.invocation import AnswerRoom
from cutout.service.outcomes import Completed, Rejected
from cutout.service.ports import Clock, Poster
from cutout.service.respond import Responses

TIMEOUT_S: Final = 5.0
"""How long a receiver has to answer (contract, section 7)."""


class WebhookSecrets(Protocol):
    """What each account's deliveries are signed with."""

    def of(self, account_id: str, now_ms: int) -> WebhookSecret:
        """The account's secret, made now if it has none. Whoever asks at the same moment gets the same."""
        ...

    def rotate(self, account_id: str, now_ms: int) -> WebhookSecret:
        """A new secret; the old one goes on for 24 hours beside it."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the queue holds: which task's result goes where."""

    key: TaskKey
    url: str


class Verdict(StrEnum):
    DELIVERED = "delivered"
    RETRY = "retry"
    """It may work later."""
    PARK = "park"
    """It won't work, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery as the queue hands it out. `number`: how often it has by now."""

    body: str
    receipt: str
    number: int


class DeliveryQueue(Protocol):
    def postpone(self, receipt: str, seconds: int) -> None:
        """Lets a message come again after so long, once it is reported as not done."""
        ...

    def park(self, body: str, reason: str) -> None:
        """Puts a message where people look after it."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt. `reason` is for the log: never a word of the receiver's, nor the address."""

    verdict: Verdict
    reason: str
    key: TaskKey | None = None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """`read` takes a message apart (ValueError: it is none of ours); `compose` makes the body from the task's record, or None while the
    task is open; `jitter` is random, from 0 up to 1.
    """

    read: Callable[[str], Delivery]
    compose: Callable[[TaskKey], bytes | None]
    secrets: WebhookSecrets
    poster: Poster
    queue: DeliveryQueue
    clock: Clock
    monotonic: Callable[[], float]
    jitter: Callable[[], float]
    report: Callable[[CutoutError], None]

    def take(self, message: Message) -> Attempt:
        """One attempt, and what follows from it: with `RETRY` the message has to stay in the queue, else it is done with."""
        attempt = self._attempt(message)
        try:
            match attempt.verdict:
                case Verdict.RETRY:
                    self.queue.postpone(message.receipt, pause_s(message.number, self.jitter()))
                case Verdict.PARK:
                    self.queue.park(message.body, attempt.reason)
        except OurFault as fault:
            # It comes again by itself, when the queue's own time is over.
            self.report(fault)
            return replace(attempt, verdict=Verdict.RETRY)
        return attempt

    def _attempt(self, message: Message) -> Attempt:
        try:
            delivery = self.read(message.body)
        except ValueError as nonsense:
            # It stays what it is however often it comes.
            return Attempt(Verdict.PARK, str(nonsense))
        try:
            verdict, reason = self._post(delivery)
        except Exception as fault:  # noqa: BLE001 (one delivery mustn't take the others of its batch with it)
            error = as_cutout_error(fault)
            self.report(error)
            verdict, reason = Verdict.RETRY, error.code
        return Attempt(verdict, reason, delivery.key)

    def _post(self, delivery: Delivery) -> tuple[Verdict, str]:
        body = self.compose(delivery.key)
        if body is None:
            # It had failed by our fault, was told of, and now it runs again.
            return Verdict.RETRY, "The task isn't finished."
        now_ms = self.clock()
        secret = self.secrets.of(delivery.key.account_id, now_ms)
        headers = {"Content-Type": "application/json", **signed_headers(secret, delivery.key.task_uuid, body, now_ms)}
        deadline = self.monotonic() + TIMEOUT_S
        try:
            status = self.poster.send("POST", delivery.url, body, headers, deadline=deadline, https_only=True)
        except FailedToTransferImage as error:
            return Verdict.PARK if error.final else Verdict.RETRY, error.message
        return _verdict(status), f"The receiver answered with status {status}."


def result_of(key: TaskKey, responses: Responses, room: AnswerRoom) -> Completed | Rejected | None:
    """How a task ended, with all that its item carries, its URL signed anew; None: it hasn't ended.

    Raises:
        ServiceUnavailable: a store doesn't answer.
    """
    record = responses.tasks.find(key, Meter())
    if record is None:
        error = TaskFailedOrNotFound("Nothing is known of this task any more: its time was over.", parameter="taskUUID")
        return Rejected(error, None, str(key.task_uuid))
    if record.is_open:
        return None
    try:
        return responses.completed(record, room)
    except RequestError as error:
        return Rejected(error, record.task_type, str(key.task_uuid))


def _verdict(status: int) -> Verdict:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.DELIVERED
    # The specification's way of saying "never again". Anything else, 404 and redirects included, may be a receiver being deployed.
    return Verdict.PARK if status == HTTPStatus.GONE else Verdict.RETRY
