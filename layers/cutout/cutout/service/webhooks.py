"""Delivering what became of a task to the address that its client named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, Literal, Protocol

from cutout.domain.errors import FailedToTransferImage
from cutout.domain.tasks import TaskKey
from cutout.domain.webhooks import WebhookSecret, signed_headers
from cutout.service.ports import Clock

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


class Poster(Protocol):
    """Posts to other people's hosts; addresses that aren't public are refused."""

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
class Attempt:
    """What came of one attempt. `reason` is for the log: never a word of the receiver's, nor the address."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """`compose` makes the body from the task's record; None while the task is still open."""

    compose: Callable[[TaskKey], bytes | None]
    secrets: WebhookSecrets
    poster: Poster
    clock: Clock
    monotonic: Callable[[], float]

    def attempt(self, delivery: Delivery) -> Attempt:
        """Post the result once, signed anew.

        Raises:
            ServiceUnavailable: a store doesn't answer.
        """
        body = self.compose(delivery.key)
        if body is None:
            # It failed by our fault, this delivery was on its way, and now it runs again.
            return Attempt(Verdict.RETRY, "The task isn't finished.")
        now_ms = self.clock()
        secret = self.secrets.of(delivery.key.account_id, now_ms)
        headers = {"Content-Type": "application/json", **signed_headers(secret, delivery.key.task_uuid, body, now_ms)}
        deadline = self.monotonic() + TIMEOUT_S
        try:
            status = self.poster.send("POST", delivery.url, body, headers, deadline=deadline, https_only=True)
        except FailedToTransferImage as error:
            return Attempt(Verdict.PARK if error.final else Verdict.RETRY, error.message)
        return Attempt(_verdict(status), f"The receiver answered with status {status}.")


def _verdict(status: int) -> Verdict:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.DELIVERED
    # The specification's way of saying "never again". Anything else, 404 and redirects included, may be a receiver being deployed.
    return Verdict.PARK if status == HTTPStatus.GONE else Verdict.RETRY
