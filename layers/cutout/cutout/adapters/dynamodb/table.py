"""A DynamoDB table: plain Python items in and out, bounded retries, consumed units counted.

An unanswered call may or may not have been done. Reads are simply repeated. A transaction is repeated too, so that whoever sends one
must write its conditions such that a second arrival of the same changes nothing, and must recognise its own first arrival in what
the failed conditions return.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as UnreachableError
from botocore.parsers import ResponseParserError

from cutout.adapters.dynamodb.actions import Action, Item, typed
from cutout.adapters.dynamodb.keys import Key
from cutout.domain.errors import ServiceUnavailable
from cutout.domain.metering import Meter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

INDEX: Final = "gsi1"

_PASSING: Final = frozenset(
    {
        "InternalServerError",
        "InternalFailure",
        "ServiceUnavailable",
        "ThrottlingException",
        "ThrottlingError",
        "ProvisionedThroughputExceededException",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "TransactionConflictException",
        "TransactionConflict",
    }
)
"""Error codes and cancellation reasons that a later attempt may not meet."""

_CONDITION_FAILED: Final = "ConditionalCheckFailed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What became of one action of a cancelled transaction. `item` is what is stored there; None: nothing is."""

    failed: bool
    item: Item | None


class Cancelled(Exception):
    """Conditions failed, and this attempt changed nothing. One `Refusal` per action, in their order."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("A transaction's conditions failed.")
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, with full jitter (Brooker, "Exponential Backoff And Jitter", 2015); ends after `attempts` or `within_s`."""

    attempts: int = 10
    first_s: float = 0.025
    longest_s: float = 0.8
    within_s: float = 10.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    monotonic: Callable[[], float] = time.monotonic

    def tries(self) -> Iterator[int]:
        """Yields before each attempt, having waited."""
        end = self.monotonic() + self.within_s
        for attempt in range(self.attempts):
            if attempt:
                pause = min(self.longest_s, self.first_s * 2**attempt) * self.jitter()
                if self.monotonic() + pause >= end:
                    return
                self.sleep(pause)
            yield attempt


@dataclass(frozen=True, slots=True)
class Table:
    client: DynamoDBClient
    name: str
    backoff: Backoff = field(default_factory=Backoff)
    new_token: Callable[[], str] = lambda: secrets.token_hex(16)

    def get(self, key: Key, meter: Meter | None = None) -> Item | None:
        """One item, strongly consistent."""
        response = self._call(
            self.client.get_item, meter, TableName=self.name, Key=typed(key), ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )
        item = response.get("Item")
        return plain(item) if item is not None else None

    def list(self, pk: str, sk_prefix: str = "", *, sk_until: str | None = None) -> Iterator[Item]:
        """The items of a partition, by `sk`, strongly consistent: those that begin with `sk_prefix`, or lie from it to `sk_until`."""
        yield from self._query("pk", "sk", pk, sk_prefix, sk_until, ConsistentRead=True)

    def list_index(self, gsi1pk: str, *, first: str = "", until: str | None = None, page: int | None = None) -> Iterator[Item]:
        """The items under an index entry, by `gsi1sk`. The index follows the table by some milliseconds.

        `first` and `until` are as in `list`. `page`: read so many at a time, for whoever may not need them all.
        """
        limit = {"Limit": page} if page else {}
        yield from self._query("gsi1pk", "gsi1sk", gsi1pk, first, until, IndexName=INDEX, **limit)

    def scan(self) -> Iterator[Item]:
        """Every item, strongly consistent, in no order."""
        yield from self._pages(self.client.scan, TableName=self.name, ConsistentRead=True)

    def transact(self, actions: Sequence[Action], meter: Meter | None = None) -> None:
        """All of `actions`, or none.

        Raises:
            Cancelled: conditions failed.
            ServiceUnavailable: no answer, or no room; it may have been done.
        """
        items = [{action.kind: {"TableName": self.name, **action.body}} for action in actions]
        # One for all attempts of this call, so that AWS does it once. Another call is another transaction, though its content may be
        # the same: what was undone may be done again. Correctness rests on the conditions; this saves units.
        token = self.new_token()
        self._call(
            self.client.transact_write_items,
            meter,
            TransactItems=items,
            ClientRequestToken=token,
            ReturnConsumedCapacity="TOTAL",
        )

    def change(self, action: Action, meter: Meter | None = None) -> Refusal | None:
        """One put, update or deletion by itself, at half a transaction's price; None: done.

        An unanswered one is repeated, and may count twice.
        """
        operations: dict[str, Callable[..., Any]] = {
            "Put": self.client.put_item,
            "Update": self.client.update_item,
            "Delete": self.client.delete_item,
        }
        request = {"TableName": self.name, "ReturnConsumedCapacity": "TOTAL", **action.body}
        refusal, units = self._call(_or_refusal(operations[action.kind]), None, **request)
        if meter is not None:
            meter.dynamodb_writes += units
        return refusal  # type: ignore[no-any-return]

    def _query(self, pk_name: str, sk_name: str, pk: str, first: str, until: str | None, **more: Any) -> Iterator[Item]:
        condition, values = f"{pk_name} = :pk", {":pk": pk}
        if until is not None:
            condition, values = f"{condition} AND {sk_name} BETWEEN :first AND :until", {**values, ":first": first, ":until": until}
        elif first:
            condition, values = f"{condition} AND begins_with({sk_name}, :first)", {**values, ":first": first}
        yield from self._pages(
            self.client.query,
            TableName=self.name,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=typed(values),
            **more,
        )

    def _pages(self, operation: Callable[..., Any], **request: Any) -> Iterator[Item]:
        while True:
            response = self._call(operation, None, **request)
            for item in response["Items"]:
                yield plain(item)
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def _call(self, operation: Callable[..., Any], meter: Meter | None, **request: Any) -> Any:
        cause: Exception | None = None
        for _ in self.backoff.tries():
            try:
                response = operation(**request)
            except ClientError as error:
                refusals = _refusals(error)
                if refusals is not None:
                    raise Cancelled(refusals) from error
                if not _is_passing(error):
                    raise _unavailable() from error
                cause = error
            except (UnreachableError, HTTPClientError, ResponseParserError) as error:
                cause = error
            except BotoCoreError as error:
                raise _unavailable() from error
            else:
                if meter is not None:
                    _count(response.get("ConsumedCapacity"), meter)
                return response
        raise _unavailable() from cause


def plain(item: Any) -> Item:
    """From DynamoDB's `{"S": …}` to Python; numbers are Decimals."""
    deserialise = TypeDeserializer().deserialize
    return {name: deserialise(value) for name, value in item.items()}


def _reasons(error: ClientError) -> list[Any]:
    return error.response.get("CancellationReasons", [])  # type: ignore[no-any-return, call-overload, unused-ignore]


def _is_passing(error: ClientError) -> bool:
    """Whether a later attempt may succeed; a transaction cancelled for several reasons may if one of them passes."""
    codes = {error.response["Error"]["Code"], *(reason.get("Code") for reason in _reasons(error))}
    return bool(codes & _PASSING) or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500  # noqa: PLR2004 (HTTP)


def _refusals(error: ClientError) -> list[Refusal] | None:
    """None: it wasn't conditions, and conditions alone, that failed."""
    reasons = _reasons(error)
    codes = {reason.get("Code") for reason in reasons}
    if _CONDITION_FAILED not in codes or codes - {_CONDITION_FAILED, "None"}:
        return None
    return [
        Refusal(reason["Code"] == _CONDITION_FAILED, plain(reason["Item"]) if reason.get("Item") else None) for reason in reasons
    ]


def _or_refusal(operation: Callable[..., Any]) -> Callable[..., tuple[Refusal | None, Decimal]]:
    """A single write whose failed condition is an answer, not an error; and the units that it consumed."""

    def attempt(**request: Any) -> tuple[Refusal | None, Decimal]:
        try:
            response = operation(**request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            stored = error.response.get("Item")
            # AWS doesn't say what a refused write consumed; it is the one unit of an item of up to 1 KB.
            return Refusal(failed=True, item=plain(stored) if stored else None), Decimal(1)
        return None, Decimal(str(response.get("ConsumedCapacity", {}).get("CapacityUnits", 0)))

    return attempt


def _count(consumed: Any, meter: Meter) -> None:
    """Adds DynamoDB's own figures. Of a transaction sent twice it reports what reading back its outcome took."""
    for table in consumed if isinstance(consumed, list) else [consumed] if consumed else []:
        total, reads, writes = (
            Decimal(str(table.get(name, 0))) for name in ("CapacityUnits", "ReadCapacityUnits", "WriteCapacityUnits")
        )
        if reads or writes:
            # The total also holds what the index took, which the split leaves out; only writes reach the index.
            meter.dynamodb_reads += reads
            meter.dynamodb_writes += total - reads
        else:
            meter.dynamodb_reads += total


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable("A store that this service depends on doesn't answer now. Send the same task again in a moment.")
