"""Accounts by their id, and the drop box's objects: the fakes, moto and MiniStack."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import uuid4

import pytest

from cutout.adapters.s3 import S3ObjectStore
from cutout.adapters.s3_drops import S3DropBox
from cutout.domain.accounts import Account, AccountStatus
from cutout.domain.metering import Meter
from cutout.service.dropbox import Drop, DropBoxObjects
from tests.contract.builders import NOON, open_account
from tests.contract.worlds import World
from tests.fakes.drops import MemoryDropBox


def test_an_account_is_found_by_its_id_with_its_defaults(world: World) -> None:
    account = Account(f"a{uuid4().hex[:8]}", "Émile", defaults={"outputFormat": "WEBP", "rgba": [1, 2, 3, 0.5]})
    world.book.create(account)
    meter = Meter()
    assert world.accounts.find_active(account.account_id, meter) == account
    assert meter.dynamodb_reads > 0


def test_an_account_that_is_suspended_or_unknown_is_not_found(world: World) -> None:
    account = open_account(world)
    world.book.change(replace(account, status=AccountStatus.SUSPENDED), NOON)
    assert world.accounts.find_active(account.account_id) is None
    assert world.accounts.find_active("nobody-at-all") is None


@dataclass(frozen=True)
class Place:
    box: DropBoxObjects
    upload: Callable[[Drop, bytes], object]


@pytest.fixture
def place(world: World) -> Place:
    if not isinstance(world.objects, S3ObjectStore):
        memory = MemoryDropBox()
        return Place(memory, lambda drop, content: memory.upload(drop.key, content, **{"output-format": "WEBP"}))
    s3, bucket = world.objects.client, world.objects.bucket
    return Place(
        S3DropBox(s3, bucket),
        lambda drop, content: s3.put_object(Bucket=bucket, Key=drop.key, Body=content, Metadata={"output-format": "WEBP"}),
    )


@pytest.fixture
def drop(world: World) -> Drop:
    bucket = world.objects.bucket if isinstance(world.objects, S3ObjectStore) else "bucket"
    name = f"shop/größe + {uuid4()}.png"
    return Drop(bucket, f"uploads/{name}", "shop", f"results/{name}")


def test_an_object_is_opened_as_it_is(place: Place, drop: Drop) -> None:
    place.upload(drop, b"content")
    with place.box.open(drop) as opened:
        assert opened
        assert (opened.key, opened.size, opened.metadata["output-format"]) == (drop.key, 7, "WEBP")
        assert opened.read() == b"content"


def test_an_object_that_is_not_there_is_none(place: Place, drop: Drop) -> None:
    with place.box.open(drop) as opened:
        assert opened is None


def test_an_object_stays_current_until_another_takes_its_place(place: Place, drop: Drop) -> None:
    place.upload(drop, b"content")
    with place.box.open(drop) as opened:
        assert opened
        assert place.box.is_current(opened, drop)
        place.upload(drop, b"another")
        assert not place.box.is_current(opened, drop)


def test_an_original_is_removed_and_then_not_current(place: Place, drop: Drop) -> None:
    place.upload(drop, b"content")
    with place.box.open(drop) as opened:
        assert opened
        place.box.remove_original(opened)
        assert not place.box.is_current(opened, drop)
    with place.box.open(drop) as gone:
        assert gone is None
