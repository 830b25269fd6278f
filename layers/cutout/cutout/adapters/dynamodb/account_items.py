"""Accounts and API keys as items, and back."""

import json

from cutout.adapters.dynamodb.actions import Item
from cutout.adapters.dynamodb.keys import ACCOUNTS, account_key, api_key_key, keys_of
from cutout.domain.accounts import Account, AccountStatus, ApiKey
from cutout.domain.money import Micros


def account_item(account: Account) -> Item:
    item = {
        **account_key(account.account_id),
        "gsi1pk": ACCOUNTS,
        "gsi1sk": account.account_id,
        "account": account.account_id,
        "name": account.name,
        "status": account.status.value,
        "prepaid": account.prepaid,
        "monthly_limit": account.monthly_limit,
        "requests_per_minute": account.requests_per_minute,
        # As text: its numbers may be floats, which DynamoDB doesn't take.
        "defaults": json.dumps(account.defaults) if account.defaults else None,
    }
    return {name: value for name, value in item.items() if value is not None}


def account_of(item: Item) -> Account:
    limit, rate = item.get("monthly_limit"), item.get("requests_per_minute")
    return Account(
        account_id=item["account"],
        name=item["name"],
        status=AccountStatus(item["status"]),
        prepaid=item["prepaid"],
        monthly_limit=None if limit is None else Micros(int(limit)),
        requests_per_minute=None if rate is None else int(rate),
        defaults=json.loads(item.get("defaults", "{}")),
    )


def api_key_item(key: ApiKey) -> Item:
    return {
        **api_key_key(key.key_hash),
        "gsi1pk": keys_of(key.account_id),
        "gsi1sk": f"{key.created_ms:013d}#{key.key_hash}",
        "key_hash": key.key_hash,
        "account": key.account_id,
        "label": key.label,
        "last_four": key.last_four,
        "created_ms": key.created_ms,
        "revoked": key.revoked,
    }


def api_key_of(item: Item) -> ApiKey:
    return ApiKey(
        key_hash=item["key_hash"],
        account_id=item["account"],
        label=item["label"],
        last_four=item["last_four"],
        created_ms=int(item["created_ms"]),
        revoked=item["revoked"],
    )
