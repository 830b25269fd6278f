"""Every minute what is due goes, on moto's AWS."""

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from uuid import uuid4

import pytest

from cutout.adapters.dynamodb.actions import put
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.task_items import image_item
from cutout.domain.errors import ServiceUnavailable
from cutout.domain.images import StoredImage, result_key
from cutout.domain.removal import ImageFormat
from tests.fakes.expiry import MemoryObjectRemover
from tests.fakes.stores import MemoryObjectStore
from tests.functions.conftest import CONTEXT, ROOT
from tests.functions.zips import Zip, imported

EVENT = json.loads((ROOT / "events" / "schedule.json").read_text())


@pytest.fixture(scope="module")
def entry() -> Iterator[Zip]:
    with imported("expire_results.app") as entry:
        yield entry


@pytest.fixture
def result(entry):
    """Keeps a result whose time was over so many milliseconds ago."""

    def keep(ago_ms: int) -> StoredImage:
        image_uuid = uuid4()
        key = result_key("shop", image_uuid, ImageFormat.PNG)
        expires_ms = time.time_ns() // 1_000_000 - ago_ms
        image = StoredImage(image_uuid, "shop", key, ImageFormat.PNG, 1, 1, 1, expires_ms)
        Table(entry.dynamodb, entry.table).change(put(image_item(image, 2_000_000_000)))
        entry.s3.put_object(Bucket=entry.bucket, Key=key, Body=b"x")
        return image

    return keep


def exists(entry: Zip, image: StoredImage) -> tuple[bool, bool]:
    """Its object, and its entry."""
    item = entry.dynamodb.get_item(TableName=entry.table, Key={"pk": {"S": f"IMAGE#{image.image_uuid}"}, "sk": {"S": "IMAGE"}})
    return "Contents" in entry.s3.list_objects_v2(Bucket=entry.bucket, Prefix=image.object_key), "Item" in item


def test_a_tick_removes_what_is_due_and_nothing_else(entry, result):
    over, not_yet = result(1), result(-60_000)
    entry.app.handle(EVENT, CONTEXT)
    assert exists(entry, over) == (False, False)
    assert exists(entry, not_yet) == (True, True)
    entry.app.handle(EVENT, CONTEXT)
    assert exists(entry, not_yet) == (True, True)


def test_a_run_that_is_short_of_time_begins_nothing(entry, result):
    over = result(1)
    entry.app.handle(EVENT, SimpleNamespace(**vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: 10_000}))
    assert exists(entry, over) == (True, True)
    entry.app.handle(EVENT, CONTEXT)
    assert exists(entry, over) == (False, False)


def test_a_run_that_cannot_remove_something_fails_for_the_alarm_to_see(entry, result, monkeypatch):
    stuck = result(1)
    monkeypatch.setattr(entry.app, "objects", MemoryObjectRemover(MemoryObjectStore(), {stuck.object_key}))
    with pytest.raises(ServiceUnavailable, match="1 objects"):
        entry.app.handle(EVENT, CONTEXT)
    assert exists(entry, stuck) == (True, True)
