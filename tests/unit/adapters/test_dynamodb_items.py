"""Items as they lie in the table."""

from dataclasses import replace

import pytest

from cutout.adapters.dynamodb.actions import typed
from cutout.adapters.dynamodb.purses import purse_item
from cutout.adapters.dynamodb.task_items import charge_item, image_item, task_item
from cutout.domain.accounts import Account
from cutout.domain.money import Micros
from cutout.domain.purse import Purse
from tests.contract.builders import NOON, new_record, with_result
from tests.contract.builders import charge_of as charge_for

KB = 1024
LONGEST = Account("a" * 40, "Longest")


def item_bytes(item: dict[str, object]) -> int:
    """An item's size as DynamoDB reckons it: names and values in UTF-8, numbers at a byte per two digits, 3 for each collection."""

    def size(value: dict[str, object]) -> int:
        ((kind, content),) = value.items()
        match kind:
            case "S":
                return len(str(content).encode())
            case "N":
                return len(str(content).strip("-").replace(".", "")) // 2 + 2
            case "L":
                return 3 + sum(1 + size(part) for part in content)  # type: ignore[attr-defined]
            case "M":
                return 3 + sum(1 + len(name) + size(part) for name, part in content.items())  # type: ignore[attr-defined]
            case _:
                return 1

    return sum(len(name) + size(value) for name, value in typed(item).items())


@pytest.mark.parametrize("purses", [(), ("PREPAID", "2026-11")])
def test_every_item_of_a_commit_is_within_the_unit_that_is_foretold_for_it(purses: tuple[str, ...]) -> None:
    record = with_result(new_record(LONGEST, reserved=10**12))
    assert record.image
    charge = charge_for(record, 10**9)
    done = replace(record, price=Micros(10**9))
    assert item_bytes(charge_item(charge, NOON, purses)) <= KB
    assert item_bytes(task_item(done, purses, expires_at=NOON // 1000)) <= KB
    assert item_bytes(image_item(record.image, NOON // 1000)) <= KB
    assert item_bytes(purse_item("a" * 40, Purse("PREPAID", *[Micros(10**14)] * 4, version=10**9))) <= KB
