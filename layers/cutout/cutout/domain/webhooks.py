"""Webhooks: how a delivery is signed, and when it is tried again.

The signature is the Standard Webhooks specification's (version 1.0.0, https://www.standardwebhooks.com): three headers, HMAC-SHA256 over
`id.timestamp.body`, secrets that begin with `whsec_`. Receivers check it with any of its libraries, or in ten lines (docs/webhooks.md).
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 (the specification's, and no secret)
"""Makes a leaked secret recognisable to secret scanners."""
_SECRET_BYTES: Final = 32
"""The specification asks for 24 to 64."""
ROTATION_MS: Final = 24 * 60 * 60 * 1000
"""How long deliveries are also signed with a secret that was replaced."""

ATTEMPTS: Final = 12
"""After as many a delivery is parked. The queue counts them: template.yaml says the same."""
_FIRST_S: Final = 5
_GROWTH: Final = 4
_LONGEST_S: Final = 11 * 60 * 60
"""SQS keeps a message out of sight for twelve hours at most, counted from when it was received."""


@dataclass(frozen=True, slots=True)
class RetiredSecret:
    secret: str = field(repr=False)
    until_ms: int


@dataclass(frozen=True, slots=True)
class WebhookSecret:
    """What an account's deliveries are signed with: `current`, and those it took the place of within the last 24 hours."""

    account_id: str
    current: str = field(repr=False)
    created_ms: int
    retired: tuple[RetiredSecret, ...] = ()

    def in_use(self, now_ms: int) -> tuple[str, ...]:
        """The newest first."""
        return (self.current, *(old.secret for old in self.retired if old.until_ms > now_ms))


def new_secret() -> str:
    """A secret with 256 bits of randomness."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def first_secret(account_id: str, now_ms: int) -> WebhookSecret:
    return WebhookSecret(account_id, new_secret(), now_ms)


def rotated(old: WebhookSecret, now_ms: int) -> WebhookSecret:
    """A new secret, while the old one goes on for 24 hours. Rotated again within them, all go on: whoever holds one has its day."""
    retired = (RetiredSecret(old.current, now_ms + ROTATION_MS), *(one for one in old.retired if one.until_ms > now_ms))
    return WebhookSecret(old.account_id, new_secret(), now_ms, retired)


def signature(secret: str, message_id: str, timestamp_s: int, body: bytes) -> str:
    """One element of `webhook-signature`: `v1,` and the HMAC-SHA256 in base64."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    # In two steps: a body may have megabytes, and is copied often enough on its way.
    signed = hmac.new(key, f"{message_id}.{timestamp_s}.".encode(), hashlib.sha256)
    signed.update(body)
    return f"v1,{b64encode(signed.digest()).decode()}"


def signed_headers(secret: WebhookSecret, task_uuid: UUID, body: bytes, now_ms: int) -> dict[str, str]:
    """The headers of one attempt. The id stays the same over all attempts, so that a receiver knows a delivery that it has had."""
    message_id, timestamp_s = str(task_uuid), now_ms // 1000
    signatures = [signature(one, message_id, timestamp_s, body) for one in secret.in_use(now_ms)]
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp_s), "webhook-signature": " ".join(signatures)}


def pause_s(attempt: int, jitter: float) -> int:
    """Whole seconds to wait after the `attempt`th failure, the first being 1.

    Exponential with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): anything from nothing to 5 s, 20 s, 80 s, … 11 hours;
    52 hours in all at most. After the last attempt none: the queue parks what comes once more. `jitter` is in [0, 1).
    """
    if attempt >= ATTEMPTS:
        return 0
    longest: int = min(_LONGEST_S, _FIRST_S * _GROWTH ** (attempt - 1))
    return round(longest * jitter)
