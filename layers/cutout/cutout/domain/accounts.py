"""Accounts and their API keys."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from cutout.domain.money import Micros

KEY_PREFIX: Final = "ck_"
"""Makes a leaked key recognisable to secret scanners."""


class AccountStatus(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Account:
    """Who is charged.

    `prepaid`: spending stops when the deposited balance is used up. `monthly_limit`: spending stops at this sum in a calendar month
    (UTC). `requests_per_minute`: more get 429. None: no such limit.

    `defaults`: parameters, as a request spells them, for what it drops into the bucket without settings of its own.
    """

    account_id: str
    name: str
    status: AccountStatus = AccountStatus.ACTIVE
    prepaid: bool = False
    monthly_limit: Micros | None = None
    requests_per_minute: int | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)


PLATFORM: Final = Account("platform", "The platform itself")
"""Whom a cold start's initialisation is booked to: no client met it by their own doing. Nobody has a key to it."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is stored of a key: its hash, and enough of its end to recognise it in a list."""

    key_hash: str
    account_id: str
    label: str
    last_four: str
    created_ms: int
    revoked: bool = False


def new_key() -> str:
    """A key with 256 bits of randomness. Shown once, stored only as its hash."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """SHA-256: a key has 256 bits of entropy, so a slow hash would add nothing but latency."""
    return hashlib.sha256(key.encode()).hexdigest()


def issue_key(account_id: str, label: str, now_ms: int) -> tuple[str, ApiKey]:
    """A new key, and what is stored of it."""
    key = new_key()
    return key, ApiKey(hash_key(key), account_id, label, key[-4:], now_ms)
