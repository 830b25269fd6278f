"""Usage counters as items, and back."""

from collections.abc import Iterable, Mapping

from cutout.adapters.dynamodb.actions import Action, Item, update
from cutout.adapters.dynamodb.keys import usage_key
from cutout.domain.money import Micros
from cutout.domain.usage import Usage


def count(account_id: str, day: str, shard: int, used: Usage) -> Action:
    return update(
        usage_key(account_id, day, shard),
        "SET #account = :account, #day = :day, #shard = :shard "
        "ADD #tasks :tasks, #price :price, #cost :cost, #megapixels :megapixels, #billed_ms :billed_ms",
        account=account_id,
        day=day,
        shard=shard,
        tasks=used.tasks,
        price=used.price,
        cost=used.cost,
        megapixels=used.megapixels,
        billed_ms=used.billed_ms,
    )


def usage_item(account_id: str, day: str, shard: int, used: Usage) -> Item:
    return {
        **usage_key(account_id, day, shard),
        "account": account_id,
        "day": day,
        "shard": shard,
        "tasks": used.tasks,
        "price": used.price,
        "cost": used.cost,
        "megapixels": used.megapixels,
        "billed_ms": used.billed_ms,
    }


def usage_of_item(item: Item) -> Usage:
    return Usage(
        tasks=int(item["tasks"]),
        price=Micros(int(item["price"])),
        cost=Micros(int(item["cost"])),
        megapixels=item["megapixels"],
        billed_ms=int(item["billed_ms"]),
    )


def usage_by_day(items: Iterable[Item]) -> Mapping[str, Usage]:
    """The sum over the shards of each day."""
    days: dict[str, Usage] = {}
    for item in items:
        days[item["day"]] = days.get(item["day"], Usage()) + usage_of_item(item)
    return days
