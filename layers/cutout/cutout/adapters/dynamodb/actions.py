"""The actions of a transaction, in DynamoDB's words.

Attribute names are written `#name` in expressions, all of them: many plain words are reserved there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from cutout.adapters.dynamodb.keys import Key

Item = dict[str, Any]
"""Attributes by name: str, int, Decimal, bool, None, list, dict."""


@dataclass(frozen=True, slots=True)
class Action:
    """One `Put`, `Update`, `Delete` or `ConditionCheck`; `body` lacks the table's name."""

    kind: str
    body: dict[str, Any]


def put(item: Item, condition: str | None = None, **values: object) -> Action:
    """Store `item`, whole; `values` are the condition's, by name: `token=3` for `:token`."""
    return Action("Put", {"Item": typed(item), **_expressions({"ConditionExpression": condition}, values)})


def update(key: Key, expression: str, condition: str | None = None, **values: object) -> Action:
    """Change attributes of the item at `key`, which comes to be if it isn't there."""
    expressions = {"UpdateExpression": expression, "ConditionExpression": condition}
    return Action("Update", {"Key": typed(key), **_expressions(expressions, values)})


def delete(key: Key, condition: str | None = None, **values: object) -> Action:
    """Remove the item at `key`; without a condition it doesn't matter whether it is there."""
    return Action("Delete", {"Key": typed(key), **_expressions({"ConditionExpression": condition}, values)})


def check(key: Key, condition: str, **values: object) -> Action:
    """Let the transaction stand only if the condition holds there."""
    return Action("ConditionCheck", {"Key": typed(key), **_expressions({"ConditionExpression": condition}, values)})


def typed(item: Mapping[str, object]) -> dict[str, Any]:
    """From Python to DynamoDB's `{"S": …}`."""
    serialise = TypeSerializer().serialize
    return {name: serialise(value) for name, value in item.items()}


def units(item: Mapping[str, object]) -> int:
    """The write units, outside a transaction, that an item of this size takes: one for each KB begun.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return -(-sum(len(name.encode()) + _size(value) for name, value in item.items()) // 1024)


def _size(value: object) -> int:
    match value:
        case None | bool():
            return 1
        case str():
            return len(value.encode())
        case Mapping():
            return 3 + sum(1 + len(str(name).encode()) + _size(inner) for name, inner in value.items())
        case list() | tuple():
            return 3 + sum(1 + _size(inner) for inner in value)
        case _:
            # A number: a byte for two digits, and one or two more.
            return len(str(value)) // 2 + 2


def _expressions(expressions: Mapping[str, str | None], values: Mapping[str, object]) -> dict[str, Any]:
    given = {name: text for name, text in expressions.items() if text is not None}
    names = {f"#{name}": name for text in given.values() for name in re.findall(r"#(\w+)", text)}
    body: dict[str, Any] = {**given, **({"ExpressionAttributeNames": names} if names else {})}
    if values:
        body["ExpressionAttributeValues"] = {f":{name}": typed({"": value})[""] for name, value in values.items()}
    # What is stored where a condition fails comes back with the refusal: no second read, and no moment between the two.
    if "ConditionExpression" in given:
        body["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return body
