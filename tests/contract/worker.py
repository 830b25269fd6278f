"""A worker in a process of its own, to be killed: does one upload task and stands still where it is told to.

`python -m tests.contract.worker TABLE BUCKET ACCOUNT TASK_UUID NOW_MS STORE.CALL.WHEN`, with the environment that AWS's clients read.
`tasks.commit.after` stands still when the commit was done and nobody has heard of it; `never` doesn't. It prints `still` or the price.
"""

import sys
import time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from cutout.adapters.aws import client
from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.images import DynamoImageCatalogue
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.tasks import DynamoTaskStore
from cutout.adapters.s3 import S3ObjectStore
from cutout.domain.prices import load_price_book, tariff
from cutout.domain.removal import InputLimits
from cutout.domain.tasks import InlineImage, UploadTask
from cutout.service.desk import TaskDesk
from cutout.service.inputs import Inputs
from cutout.service.invocation import AnswerRoom, Invocation
from cutout.service.uploads import Uploads
from tests.contract.worlds import MAX_OBJECT_BYTES, REGION
from tests.fakes.world import WebOfOne, png

LEASE_MS = 60_000


class StandingStill:
    """A store that stops the process at one of its calls."""

    def __init__(self, store: Any, name: str, point: str) -> None:
        self._store = store
        self._name = name
        self._point = point

    def __getattr__(self, call: str) -> Any:
        method = getattr(self._store, call)

        def stopping(*args: Any) -> Any:
            self._perhaps_stop(f"{self._name}.{call}.before")
            result = method(*args)
            self._perhaps_stop(f"{self._name}.{call}.after")
            return result

        return stopping

    def _perhaps_stop(self, point: str) -> None:
        if point == self._point:
            print("still", flush=True)  # noqa: T201 (it is how the test hears of it)
            time.sleep(600)


def main(table_name: str, bucket: str, account_id: str, task_uuid: str, now_ms: str, point: str) -> None:
    table = Table(client("dynamodb", REGION), table_name)
    s3 = S3ObjectStore(client("s3", REGION), bucket, url_ttl_s=60, max_bytes=MAX_OBJECT_BYTES)
    objects: Any = StandingStill(s3, "objects", point)
    tasks: Any = StandingStill(DynamoTaskStore(table, task_ttl_days=30, image_ttl_days=30), "tasks", point)
    inputs = Inputs(DynamoImageCatalogue(table, lambda: int(now_ms)), objects, WebOfOne(), InputLimits(), uuid4)
    desk = TaskDesk(
        tasks=tasks,
        tariff=tariff(load_price_book(), region=REGION, architecture="x86_64", memory_mib=1769),
        markup=Decimal(1),
        clock=lambda: int(now_ms),
        new_uuid=uuid4,
        lease_ms=LEASE_MS,
        reserve_ms=3000,
    )
    account = DynamoAccountBook(table).find(account_id)
    assert account is not None
    task = UploadTask("imageUpload", UUID(task_uuid), "hash", InlineImage(png()))
    invocation = Invocation(1, time.monotonic, time.monotonic() + 25, AnswerRoom(6_000_000))
    record = Uploads(desk, inputs, objects).perform(task, account, invocation)
    print(record.status, record.price, flush=True)  # noqa: T201 (as above)


if __name__ == "__main__":
    main(*sys.argv[1:])
