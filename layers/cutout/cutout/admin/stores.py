"""What commands work with."""

from dataclasses import dataclass

from cutout.service.book import AccountBook
from cutout.service.ledger import Ledger
from cutout.service.ports import TaskStore
from cutout.service.reconcile import Auditor
from cutout.service.webhooks import WebhookSecrets


@dataclass(frozen=True, slots=True)
class Stores:
    book: AccountBook
    ledger: Ledger
    auditor: Auditor
    tasks: TaskStore
    secrets: WebhookSecrets


@dataclass(frozen=True, slots=True)
class Output:
    """`text` goes to standard output, ready for a pipe; `note`, meant for the reader, to standard error."""

    text: str = ""
    note: str = ""
    exit_code: int = 0


def open_table(table_name: str, region: str) -> Stores:
    # boto3 takes a third of a second to import, which --help and a mistyped command needn't wait for.
    from cutout.adapters.aws import client
    from cutout.adapters.dynamodb.audit import DynamoAuditor, DynamoLedger
    from cutout.adapters.dynamodb.book import DynamoAccountBook
    from cutout.adapters.dynamodb.table import Table
    from cutout.adapters.dynamodb.tasks import DynamoTaskStore
    from cutout.adapters.dynamodb.webhook_secrets import DynamoWebhookSecrets

    table = Table(client("dynamodb", region), table_name)
    # The times for which things are kept matter to commits, of which there are none here, and to tasks that are given up.
    tasks = DynamoTaskStore(table, task_ttl_days=30, image_ttl_days=30)
    return Stores(DynamoAccountBook(table), DynamoLedger(table), DynamoAuditor(table), tasks, DynamoWebhookSecrets(table))
