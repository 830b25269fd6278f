"""Who holds a key, in DynamoDB."""

from dataclasses import dataclass

from cutout.adapters.dynamodb.account_items import account_of, api_key_of
from cutout.adapters.dynamodb.keys import account_key, api_key_key
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account, AccountStatus


@dataclass(frozen=True, slots=True)
class DynamoAccountStore:
    table: Table

    def find_by_key(self, key_hash: str) -> Account | None:
        key_item = self.table.get(api_key_key(key_hash))
        if key_item is None or api_key_of(key_item).revoked:
            return None
        item = self.table.get(account_key(key_item["account"]))
        account = account_of(item) if item else None
        return account if account and account.status is AccountStatus.ACTIVE else None
