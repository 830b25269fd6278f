"""Who is calling."""

from cutout.domain.accounts import Account, hash_key
from cutout.domain.errors import InvalidApiKey, MissingApiKey
from cutout.service.ports import AccountStore


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
