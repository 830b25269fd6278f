"""Secrets of webhooks in memory, and a receiver that answers as it is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import RLock

from cutout.domain.webhooks import WebhookSecret, first_secret, rotated


@dataclass(frozen=True, slots=True)
class MemoryWebhookSecrets:
    secrets: dict[str, WebhookSecret] = field(default_factory=dict)
    lock: RLock = field(default_factory=RLock)

    def of(self, account_id: str, now_ms: int) -> WebhookSecret:
        with self.lock:
            return self.secrets.setdefault(account_id, first_secret(account_id, now_ms))

    def rotate(self, account_id: str, now_ms: int) -> WebhookSecret:
        with self.lock:
            self.secrets[account_id] = rotated(self.of(account_id, now_ms), now_ms)
            return self.secrets[account_id]


@dataclass
class Receiver:
    """Answers with `status`, or doesn't (`fault`); keeps what it got."""

    status: int = 200
    fault: Exception | None = None
    received: list[tuple[str, bytes, Mapping[str, str], float]] = field(default_factory=list)

    def send(self, method, url, body, headers, *, deadline, parameter="webhookURL", https_only=False) -> int:
        assert (method, https_only) == ("POST", True)
        self.received.append((url, body, headers, deadline))
        if self.fault:
            raise self.fault
        return self.status


@dataclass
class MemoryDeliveryQueue:
    """`fault` is raised instead, if set."""

    postponed: list[tuple[str, int]] = field(default_factory=list)
    parked: list[tuple[str, str]] = field(default_factory=list)
    fault: Exception | None = None

    def postpone(self, receipt: str, seconds: int) -> None:
        if self.fault:
            raise self.fault
        self.postponed.append((receipt, seconds))

    def park(self, body: str, reason: str) -> None:
        if self.fault:
            raise self.fault
        self.parked.append((body, reason))
