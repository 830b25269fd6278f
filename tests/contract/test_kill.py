"""A worker that is really killed, in the middle of a task, and the task's next delivery."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import pytest

from cutout.domain.metering import Meter
from cutout.domain.tasks import TaskKey, TaskStatus
from cutout.service.reconcile import reconcile
from tests.contract.builders import NOON, open_account, purses
from tests.contract.worker import LEASE_MS
from tests.contract.worlds import CREDENTIALS, World

ROOT = Path(__file__).parents[2]
AFTER_ITS_LEASE = NOON + LEASE_MS + 1
POINTS = ["tasks.create.after", "objects.put.before", "objects.put.after", "tasks.commit.before", "tasks.commit.after"]


def start(world: World, key: TaskKey, now_ms: int, point: str) -> subprocess.Popen[str]:
    assert world.place is not None
    command = [sys.executable, "-m", "tests.contract.worker", world.place.table, world.place.bucket, key.account_id]
    environment: Mapping[str, str] = {
        **os.environ,
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": world.place.endpoint_url,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
    }
    return subprocess.Popen(
        [*command, str(key.task_uuid), str(now_ms), point], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )


def deliver(world: World, key: TaskKey, now_ms: int) -> str:
    """What the client hears of a delivery that nobody disturbs."""
    with start(world, key, now_ms, "never") as worker:
        heard, _ = worker.communicate(timeout=60)
    return heard.strip()


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_a_task_whose_worker_was_killed_is_done_and_charged_once(ministack: World, point: str) -> None:
    account = open_account(ministack, balance=100_000)
    key = TaskKey(account.account_id, uuid4())

    with start(ministack, key, NOON, point) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "still\n"
        worker.send_signal(signal.SIGKILL)
    assert worker.returncode == -signal.SIGKILL

    if point != "tasks.commit.after":
        assert deliver(ministack, key, NOON + 1) == "processing None"
    first, second = (deliver(ministack, key, AFTER_ITS_LEASE) for _ in range(2))

    record, charge = ministack.tasks.find(key, Meter()), ministack.tasks.find_charge(key, Meter())
    assert record is not None
    assert charge is not None
    assert record.status is TaskStatus.DONE
    assert first == second == f"done {charge.price}"
    assert record.token == (1 if point == "tasks.commit.after" else 2)
    assert purses(ministack, account) == {"PREPAID": (100_000, 100_000 - charge.price, 0, charge.price)}
    assert ministack.book.usage(account.account_id, "2026-11-24", "2026-11-24")["2026-11-24"].tasks == 1
    assert record.image is not None
    assert ministack.objects.get(record.image.object_key, Meter()) is not None
    assert reconcile([account], ministack.auditor, ministack.tasks, AFTER_ITS_LEASE, repair=False).is_clean
