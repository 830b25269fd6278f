"""Results whose time is over, run by run."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.domain.removal import ImageFormat
from cutout.service.expiry import BATCH, Expired, expire
from tests.fakes.expiry import MemoryExpiredImages, MemoryObjectRemover
from tests.fakes.stores import MemoryDatabase, MemoryObjectStore

NOW_MS = 1_800_000_000_000


def always() -> bool:
    return True


class Shelf:
    """Images that have expired, one a millisecond, and their objects."""

    def __init__(self, count: int) -> None:
        self.database, self.objects = MemoryDatabase(), MemoryObjectStore()
        self.images = MemoryExpiredImages(self.database)
        self.remover = MemoryObjectRemover(self.objects)
        for number in range(count):
            image = StoredImage(
                uuid4(), "acme", f"results/{number:04d}", ImageFormat.PNG, 1, 1, 1, expires_ms=NOW_MS - count + number
            )
            self.database.images[image.image_uuid] = image
            self.objects.put(image.object_key, b"x", "image/png", {}, Meter())

    def run(self, has_time=always) -> Expired:
        return expire(self.images, self.remover, NOW_MS, has_time)


def times(count: int):
    """Time for so many batches."""
    left: Iterator[bool] = iter([True] * count)
    return lambda: next(left, False)


def test_everything_due_goes():
    shelf = Shelf(3)
    assert shelf.run() == Expired(removed=3, failed=0, is_complete=True)
    assert (shelf.database.images, shelf.objects.objects) == ({}, {})


def test_nothing_due_is_no_work():
    assert Shelf(0).run() == Expired(0, 0, is_complete=True)


def test_a_run_without_time_leaves_the_rest_to_the_next():
    shelf = Shelf(2 * BATCH + 1)
    assert shelf.run(times(1)) == Expired(BATCH, 0, is_complete=False)
    assert min(shelf.objects.objects) == f"results/{BATCH:04d}"  # the longest due went first
    assert shelf.run() == Expired(BATCH + 1, 0, is_complete=True)


def test_what_cannot_be_deleted_keeps_its_entry_and_holds_nothing_up():
    shelf = Shelf(BATCH + 2)
    shelf.remover.stuck.add("results/0000")
    assert shelf.run() == Expired(removed=BATCH + 1, failed=1, is_complete=True)
    assert [image.object_key for image in shelf.database.images.values()] == ["results/0000"]
    shelf.remover.stuck.clear()
    assert shelf.run() == Expired(1, 0, is_complete=True)


def test_the_entry_goes_last_so_that_a_killed_run_is_finished_by_the_next():
    shelf = Shelf(1)

    class Killed(Exception):
        pass

    class Dying(MemoryExpiredImages):
        def forget(self, image):
            raise Killed

    with pytest.raises(Killed):
        expire(Dying(shelf.database), shelf.remover, NOW_MS, always)
    assert shelf.objects.objects == {}
    assert shelf.run() == Expired(1, 0, is_complete=True)


def test_an_object_that_is_gone_already_is_no_failure():
    shelf = Shelf(1)
    shelf.objects.objects.clear()
    assert shelf.run() == Expired(1, 0, is_complete=True)
