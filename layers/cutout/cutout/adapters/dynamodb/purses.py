"""What transactions do to purses. The arithmetic is `cutout.domain.purse`'s; here it stands as DynamoDB's conditions."""

from cutout.adapters.dynamodb.actions import Action, Item, check, put, update
from cutout.adapters.dynamodb.keys import account_key, purse_key
from cutout.adapters.dynamodb.table import Cancelled, Table
from cutout.domain.money import Micros
from cutout.domain.purse import Purse, month_purse


def purse_item(account_id: str, purse: Purse) -> Item:
    return {
        **purse_key(account_id, purse.name),
        "name": purse.name,
        "deposited": purse.deposited,
        "available": purse.available,
        "reserved": purse.reserved,
        "spent": purse.spent,
        "version": purse.version,
    }


def purse_of(item: Item) -> Purse:
    return Purse(
        name=item["name"],
        deposited=Micros(int(item["deposited"])),
        available=Micros(int(item["available"])),
        reserved=Micros(int(item["reserved"])),
        spent=Micros(int(item["spent"])),
        version=int(item["version"]),
    )


def reserve(account_id: str, name: str, amount: Micros) -> Action:
    """Fails where less is available, and where there is no such purse."""
    return update(
        purse_key(account_id, name),
        "ADD #available :less, #reserved :more, #version :one",
        "#available >= :more",
        less=-amount,
        more=amount,
        one=1,
    )


def settle(account_id: str, name: str, held: Micros, price: Micros) -> Action:
    """Fails only where the price exceeds what was held by more than is available: a task is always settled."""
    over = {"extra": price - held} if price > held else {}
    return update(
        purse_key(account_id, name),
        "ADD #available :freed, #reserved :unheld, #spent :price, #version :one",
        "#available >= :extra" if over else None,
        freed=held - price,
        unheld=-held,
        price=price,
        one=1,
        **over,
    )


def release(account_id: str, name: str, held: Micros) -> Action:
    return settle(account_id, name, held, Micros(0))


def open_month(table: Table, account_id: str, month: str) -> bool:
    """Makes a month's purse when its first task needs it. False: the account has no monthly limit (any more)."""
    account = table.get(account_key(account_id))
    limit = account.get("monthly_limit") if account else None
    if limit is None:
        return False
    opening = [
        # Against a limit that changes at the same moment: whoever sets one also brings the purse into line.
        check(account_key(account_id), "#monthly_limit = :limit", limit=limit),
        put(purse_item(account_id, month_purse(month, Micros(int(limit)))), "attribute_not_exists(#pk)"),
    ]
    try:
        table.transact(opening)
    except Cancelled:
        return True  # somebody else opened it, or changed the limit: the caller's next attempt sees
    return True
