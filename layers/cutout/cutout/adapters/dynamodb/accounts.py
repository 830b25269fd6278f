"""Who holds a key, and who an account is, in DynamoDB."""

from dataclasses import dataclass

from cutout.adapters.dynamodb.account_items import account_of, api_key_of
from cutout.adapters.dynamodb.keys import account_key, api_key_key
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account, AccountStatus
from cutout.domain.metering import Meter


@dataclass(frozen=True, slots=True)
class DynamoAccountStore:
    table: Table

    def find_by_key(self, key_hash: str) -> Account | None:
        key_item = self.table.get(api_key_key(key_hash))
        if key_item is None or api_key_of(key_item).revoked:
            return None
        return self.find_active(key_item["account"])

    def find_active(self, account_id: str, meter: Meter | None = None) -> Account | None:
        """None for one that isn't known or is suspended."""
        item = self.table.get(account_key(account_id), meter)
        account = account_of(item) if item else None
        return account if account and account.status is AccountStatus.ACTIVE else None
