"""An account in JSON."""

from datetime import UTC, datetime
from typing import Any

from cutout.domain.accounts import ApiKey
from cutout.domain.money import Micros, to_dollars
from cutout.domain.purse import Purse
from cutout.domain.usage import Usage
from cutout.service.outcomes import Described


def account_item(described: Described) -> dict[str, Any]:
    """One element of `data`: money in US dollars, keys by their last four characters, usage of the last 30 days (UTC)."""
    task, details = described.task, described.details
    purses = {"prepaid": details.prepaid, "month": details.month}
    return {
        "taskType": task.task_type,
        "taskUUID": str(task.task_uuid),
        "operation": "getDetails",
        "organizationName": details.account.name,
        "balance": {"currency": "USD", **{name: _money(purse) for name, purse in purses.items() if purse}},
        "team": [],
        "apiKeys": [_key(key) for key in details.keys],
        "usage": {
            "today": _usage(details.usage_since(1)),
            "last7Days": _usage(details.usage_since(7)),
            "last30Days": _usage(details.usage_since(30)),
            "days": [{"date": day, **_usage(usage)} for day, usage in details.usage.items()],
        },
    }


def _money(purse: Purse) -> dict[str, float]:
    """What was paid in (or the month's limit), and where it is now: the three parts add up to it."""
    return {name: _dollars(getattr(purse, name)) for name in ("deposited", "available", "reserved", "spent")}


def _key(key: ApiKey) -> dict[str, Any]:
    created = datetime.fromtimestamp(key.created_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"name": key.label, "apiKey": f"…{key.last_four}", "createdAt": created, "enabled": not key.revoked}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "tasks": usage.tasks,
        "cost": _dollars(usage.price),
        "megapixels": float(usage.megapixels),
        "billedMilliseconds": usage.billed_ms,
    }


def _dollars(amount: Micros) -> float:
    return float(to_dollars(amount))
