"""Who is calling, and whether they may now."""

import math

from cutout.domain.accounts import Account, hash_key
from cutout.domain.errors import InvalidApiKey, MissingApiKey, RateLimitExceeded
from cutout.domain.rate import Rate
from cutout.service.ports import AccountStore, RateCounter


def authenticate(api_key: str | None, accounts: AccountStore) -> Account:
    """The account that the key belongs to. Looked up each time, so that a revoked key is dead at once.

    Raises:
        MissingApiKey: no key came with the request.
        InvalidApiKey: nobody has that key, or it is revoked, or its account is suspended.
    """
    if not api_key:
        raise MissingApiKey(
            "No API key. Send it as `Authorization: Bearer KEY`, or as the first task: "
            '{"taskType": "authentication", "apiKey": "KEY"}.'
        )
    account = accounts.find_by_key(hash_key(api_key))
    if account is None:
        raise InvalidApiKey("This API key isn't known here, or it was revoked.")
    return account


def keep_to_rate(account: Account, rates: RateCounter, now_ms: int) -> None:
    """Count a request of an account that has a limit; others cost nothing to let through.

    Raises:
        RateLimitExceeded: it came too soon; nothing ran.
    """
    if account.requests_per_minute is None:
        return
    wait_ms = rates.admit(account.account_id, Rate(account.requests_per_minute), now_ms)
    if wait_ms:
        wait_s = math.ceil(wait_ms / 1000)
        raise RateLimitExceeded(
            f"This account may send {account.requests_per_minute} requests a minute. Send this one again in {wait_s} s.",
            retry_after_s=wait_s,
        )
