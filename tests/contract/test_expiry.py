"""Images with a time to live, on the fakes, moto and MiniStack: not found once it is over, listed then, and really removed."""

from dataclasses import replace

import pytest

from cutout.domain.accounts import Account
from cutout.domain.images import StoredImage
from cutout.domain.metering import Meter
from cutout.service.expiry import expire
from tests.contract.builders import NOON, charge_of, claimed, open_account, with_result
from tests.contract.worlds import World

MINUTE_MS = 60_000


@pytest.fixture
def account(world: World) -> Account:
    world.clock.now_ms = NOON
    return open_account(world)


def committed(world: World, account: Account, expires_ms: int | None) -> StoredImage:
    """The image of a finished task, with its object."""
    done = with_result(claimed(world, account))
    assert done.image
    image = replace(done.image, expires_ms=expires_ms)
    world.tasks.commit(replace(done, image=image), charge_of(done, 100), account, Meter())
    world.objects.put(image.object_key, b"picture", "image/png", {}, Meter())
    return image


def found(world: World, image: StoredImage) -> StoredImage | None:
    return world.images.find_image(image.account_id, image.image_uuid, Meter())


def due(world: World, account: Account, now_ms: int) -> list[StoredImage]:
    """Of this account: MiniStack's table has other tests' images too."""
    return [image for image in world.expired.due(now_ms) if image.account_id == account.account_id]


def test_an_image_is_found_until_its_time_is_over(world: World, account: Account) -> None:
    image = committed(world, account, NOON + MINUTE_MS)
    world.clock.now_ms = NOON + MINUTE_MS - 1
    assert found(world, image) == image
    world.clock.now_ms = NOON + MINUTE_MS
    assert found(world, image) is None


def test_an_image_without_a_time_to_live_is_found_and_never_due(world: World, account: Account) -> None:
    image = committed(world, account, None)
    world.clock.now_ms = NOON + 10 * 365 * 24 * 60 * MINUTE_MS
    assert found(world, image) == image
    assert due(world, account, world.clock.now_ms) == []


def test_what_is_due_is_listed_the_longest_so_first(world: World, account: Account) -> None:
    last, first, later = (committed(world, account, NOON + after) for after in (MINUTE_MS, 1, MINUTE_MS + 1))
    assert due(world, account, NOON + MINUTE_MS) == [first, last]
    assert due(world, account, NOON + MINUTE_MS + 1) == [first, last, later]


def test_more_than_a_page_is_listed(quick_world: World) -> None:
    account = open_account(quick_world)
    images = [committed(quick_world, account, NOON + n) for n in range(230)]
    assert due(quick_world, account, NOON + MINUTE_MS) == images


def test_what_is_due_is_removed_object_and_entry(world: World, account: Account) -> None:
    image, kept = committed(world, account, NOON), committed(world, account, NOON + MINUTE_MS)
    expire(world.expired, world.remover, NOON + 1, lambda: True)
    assert world.objects.get(image.object_key, Meter()) is None
    assert due(world, account, NOON + 1) == []
    assert found(world, kept) == kept
    assert world.objects.get(kept.object_key, Meter()) == b"picture"


def test_a_second_run_finds_nothing_to_do(world: World, account: Account) -> None:
    image = committed(world, account, NOON)
    expire(world.expired, world.remover, NOON, lambda: True)
    world.expired.forget(image)
    assert world.remover.remove_all([image.object_key]) in (set(), frozenset())


def test_an_entry_whose_time_has_changed_stays(world: World, account: Account) -> None:
    image = committed(world, account, NOON + MINUTE_MS)
    world.expired.forget(replace(image, expires_ms=NOON))
    assert found(world, image) == image


def test_an_image_that_was_removed_is_not_found(world: World, account: Account) -> None:
    image, meter = committed(world, account, None), Meter()
    world.images.remove(image, meter)
    assert found(world, image) is None
    world.images.remove(image, Meter())


def test_what_was_found_out_about_an_upload_is_entered(world: World, account: Account) -> None:
    image = replace(committed(world, account, None), width=7, height=5, size_bytes=99)
    world.images.confirm(image, Meter())
    assert found(world, image) == image


def test_what_was_removed_is_not_confirmed(world: World, account: Account) -> None:
    image = committed(world, account, None)
    world.images.remove(image, Meter())
    world.images.confirm(image, Meter())
    assert found(world, image) is None


def test_removing_and_confirming_count_as_writes(metered_world: World) -> None:
    account, meter = open_account(metered_world), Meter()
    image = committed(metered_world, account, None)
    metered_world.images.confirm(image, meter)
    metered_world.images.remove(image, meter)
    assert (meter.dynamodb_reads, meter.dynamodb_writes) == (0, 2)
