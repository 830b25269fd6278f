"""What every function that takes tasks in works on: its stores and queue, each client made once, and the desk and door before them."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from cutout.adapters.aws import client
from cutout.adapters.clock import now_ms
from cutout.adapters.dynamodb.accounts import DynamoAccountStore
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.rates import DynamoRateCounter
from cutout.adapters.dynamodb.sessions import DynamoSessionStore
from cutout.adapters.dynamodb.table import Backoff, Table
from cutout.adapters.dynamodb.tasks import DynamoTaskStore
from cutout.adapters.s3 import S3ObjectStore
from cutout.adapters.safe_http import SafeHttp
from cutout.adapters.sqs import SqsTaskQueue
from cutout.domain.errors import CutoutError
from cutout.domain.prices import Tariff, load_price_book, tariff
from cutout.service.acceptance import Acceptance, Job
from cutout.service.accounts import Accounts
from cutout.service.desk import TaskDesk
from cutout.service.queries import Queries
from cutout.service.respond import Responses
from cutout.settings import Settings


@dataclass(frozen=True, slots=True)
class Connected:
    """The adapters, and the services that need nothing else."""

    table: Table
    accounts: DynamoAccountStore
    rates: DynamoRateCounter
    sessions: DynamoSessionStore
    objects: S3ObjectStore
    web: SafeHttp
    desk: TaskDesk
    responses: Responses
    acceptance: Acceptance


def connect(
    settings: Settings, *, lease_ms: int, reserve_ms: int, write: Callable[[Job], str], report: Callable[[CutoutError], None]
) -> Connected:
    """Make the clients and what stands on them; nothing is called yet.

    Args:
        settings: the deployment's.
        lease_ms: how long a task belongs to whoever took it; longer than the function's own time-out.
        reserve_ms: the function time for which money is set aside on acceptance.
        write: a task as its record keeps it.
        report: told of faults that no client is told of.
    """
    table = table_of(settings)
    objects = S3ObjectStore(
        client("s3", settings.region), settings.bucket_name, url_ttl_s=settings.url_ttl_s, max_bytes=settings.max_input_bytes
    )
    web = SafeHttp(allow_hosts=settings.fetch_allow_hosts)
    sessions = DynamoSessionStore(table)
    desk = TaskDesk(
        tasks=tasks_of(settings, table),
        tariff=tariff_of(settings),
        markup=settings.markup,
        clock=now_ms,
        new_uuid=uuid4,
        lease_ms=lease_ms,
        reserve_ms=reserve_ms,
    )
    responses = Responses(desk.tasks, objects, now_ms, settings.max_input_bytes)
    acceptance = Acceptance(
        desk=desk,
        queue=SqsTaskQueue(client("sqs", settings.region), settings.tasks_queue_url),
        objects=objects,
        web=web,
        queries=Queries(responses, Accounts(DynamoAccountBook(table), now_ms)),
        sessions=sessions,
        write=write,
        report=report,
    )
    return Connected(
        table, DynamoAccountStore(table), DynamoRateCounter(table), sessions, objects, web, desk, responses, acceptance
    )


def table_of(settings: Settings, backoff: Backoff | None = None) -> Table:
    """The one table."""
    return Table(client("dynamodb", settings.region), settings.table_name, backoff or Backoff())


def tasks_of(settings: Settings, table: Table) -> DynamoTaskStore:
    """The tasks in it."""
    return DynamoTaskStore(table, task_ttl_days=settings.task_ttl_days, image_ttl_days=settings.image_ttl_days)


def tariff_of(settings: Settings) -> Tariff:
    """What this function's time costs."""
    return tariff(load_price_book(), region=settings.region, architecture=settings.architecture, memory_mib=settings.memory_mib)
