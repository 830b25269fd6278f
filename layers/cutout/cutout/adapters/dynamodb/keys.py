"""Where each item lies; the table of them is in the package's docstring."""

from collections.abc import Mapping
from uuid import UUID

from cutout.domain.tasks import TaskKey

Key = dict[str, str]

ACCOUNTS = "ACCOUNTS"
"""The index entry under which every account is listed."""
EXPIRY = "EXPIRY"
"""The index entry under which every image with a time to live is listed, by the end of it."""


def account_key(account_id: str) -> Key:
    return {"pk": f"ACCOUNT#{account_id}", "sk": "ACCOUNT"}


def purse_key(account_id: str, name: str) -> Key:
    return {"pk": f"ACCOUNT#{account_id}", "sk": f"PURSE#{name}"}


def top_up_key(account_id: str, reference: str) -> Key:
    return {"pk": f"ACCOUNT#{account_id}", "sk": f"TOPUP#{reference}"}


def api_key_key(key_hash: str) -> Key:
    return {"pk": f"KEY#{key_hash}", "sk": "KEY"}


def task_key(key: TaskKey) -> Key:
    return {"pk": f"TASK#{key.account_id}#{key.task_uuid}", "sk": "TASK"}


def charge_key(key: TaskKey) -> Key:
    return {"pk": f"CHARGE#{key.account_id}#{key.task_uuid}", "sk": "CHARGE"}


def task_key_of(key: Mapping[str, str]) -> TaskKey:
    """Whose key it is that `task_key` or `charge_key` made."""
    _, account_id, task_uuid = key["pk"].split("#")
    return TaskKey(account_id, UUID(task_uuid))


def usage_key(account_id: str, day: str, shard: int) -> Key:
    return {"pk": f"USAGE#{account_id}", "sk": f"DAY#{day}#{shard:02d}"}


def image_key(image_uuid: UUID) -> Key:
    return {"pk": f"IMAGE#{image_uuid}", "sk": "IMAGE"}


def webhook_secret_key(account_id: str) -> Key:
    return {"pk": f"ACCOUNT#{account_id}", "sk": "WEBHOOK_SECRET"}


def rate_key(account_id: str) -> Key:
    return {"pk": f"ACCOUNT#{account_id}", "sk": "RATE"}


def expiry_of(expires_ms: int, image_uuid: UUID | None = None) -> str:
    """An image's place under `EXPIRY`; without an image, what lies before all whose time ends then."""
    return f"{expires_ms:015d}#{image_uuid or ''}"


def connection_key(connection_id: str) -> Key:
    return {"pk": f"CONN#{connection_id}", "sk": "CONN"}


def session_key(session_uuid: UUID) -> Key:
    return {"pk": f"SESSION#{session_uuid}", "sk": "SESSION"}


def ledger_of(account_id: str, month: str) -> str:
    """The index entry under which an account's charges of a month are listed, oldest first."""
    return f"LEDGER#{account_id}#{month}"


def keys_of(account_id: str) -> str:
    """The index entry under which an account's API keys are listed, oldest first."""
    return f"KEYS#{account_id}"
