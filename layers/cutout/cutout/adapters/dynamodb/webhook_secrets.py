"""What accounts' webhooks are signed with, in DynamoDB."""

from dataclasses import dataclass
from typing import Final

from cutout.adapters.dynamodb.actions import Item, put
from cutout.adapters.dynamodb.keys import webhook_secret_key
from cutout.adapters.dynamodb.table import Table
from cutout.domain.errors import ServiceUnavailable
from cutout.domain.webhooks import RetiredSecret, WebhookSecret, first_secret, rotated

_ROUNDS: Final = 8
"""How often a rotation is tried against others of the same account."""


@dataclass(frozen=True, slots=True)
class DynamoWebhookSecrets:
    table: Table

    def of(self, account_id: str, now_ms: int) -> WebhookSecret:
        stored = self.table.get(webhook_secret_key(account_id))
        if stored is not None:
            return _secret_of(account_id, stored)
        made = first_secret(account_id, now_ms)
        refusal = self.table.change(put(_item(made), "attribute_not_exists(#pk)"))
        # Somebody else's, or ours whose answer was lost: what is stored holds.
        return _secret_of(account_id, refusal.item) if refusal and refusal.item else made

    def rotate(self, account_id: str, now_ms: int) -> WebhookSecret:
        for _ in range(_ROUNDS):
            old = self.of(account_id, now_ms)
            new = rotated(old, now_ms)
            refusal = self.table.change(put(_item(new), "#current = :current", current=old.current))
            # An answer may have been lost: the new one being there is what was asked for.
            if refusal is None or (refusal.item and refusal.item["current"] == new.current):
                return new
        raise ServiceUnavailable(f"The webhook secret of account {account_id!r} is being changed just now. Try again.")


def _item(secret: WebhookSecret) -> Item:
    return {
        **webhook_secret_key(secret.account_id),
        "current": secret.current,
        "created_ms": secret.created_ms,
        "retired": [{"secret": old.secret, "until_ms": old.until_ms} for old in secret.retired],
    }


def _secret_of(account_id: str, item: Item) -> WebhookSecret:
    retired = tuple(RetiredSecret(old["secret"], int(old["until_ms"])) for old in item["retired"])
    return WebhookSecret(account_id, item["current"], int(item["created_ms"]), retired)
