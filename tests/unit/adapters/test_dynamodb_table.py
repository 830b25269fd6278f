"""What the table does with answers that aren't plain successes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError

from cutout.adapters.dynamodb.actions import put
from cutout.adapters.dynamodb.table import Backoff, Cancelled, Table
from cutout.domain.errors import ServiceUnavailable
from cutout.domain.metering import Meter

KEY = {"pk": "a", "sk": "b"}
CONFLICT = {"Code": "TransactionConflict", "Message": "…"}
CONDITION = {"Code": "ConditionalCheckFailed", "Message": "…", "Item": {"pk": {"S": "a"}, "n": {"N": "5"}}}
NOTHING = {"Code": "None"}


def refused(code: str, status: int = 400, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "…"}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, "TransactWriteItems")


class ScriptedClient:
    """Answers each call with the next of `answers`."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self._answers: Iterator[dict[str, Any] | Exception] = iter(answers)
        self.requests: list[dict[str, Any]] = []

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    get_item = query = transact_write_items


def table_of(client: ScriptedClient, sleep: Callable[[float], None] = lambda _: None) -> Table:
    return Table(client, "table", Backoff(sleep=sleep, monotonic=lambda: 0.0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "passing",
    [
        refused("TransactionInProgressException"),
        refused("ThrottlingException"),
        refused("InternalServerError", 500),
        refused("SomethingNew", 503),
        refused("TransactionCanceledException", CancellationReasons=[CONFLICT, NOTHING]),
        ReadTimeoutError(endpoint_url="https://dynamodb.example"),
    ],
    ids=str,
)
def test_a_passing_trouble_is_tried_again(passing: Exception) -> None:
    client = ScriptedClient(passing, passing, {})
    table_of(client).transact([put(KEY)])
    assert len(client.requests) == 3


def test_a_conflict_beside_a_failed_condition_is_tried_again() -> None:
    """The condition may have failed on what the conflicting transaction was about to change."""
    client = ScriptedClient(refused("TransactionCanceledException", CancellationReasons=[CONDITION, CONFLICT]), {})
    table_of(client).transact([put(KEY)])
    assert len(client.requests) == 2


def test_failed_conditions_are_told_with_what_is_stored() -> None:
    client = ScriptedClient(refused("TransactionCanceledException", CancellationReasons=[NOTHING, CONDITION]))
    with pytest.raises(Cancelled) as cancelled:
        table_of(client).transact([put(KEY)])
    assert [(refusal.failed, refusal.item) for refusal in cancelled.value.refusals] == [(False, None), (True, {"pk": "a", "n": 5})]


@pytest.mark.parametrize(
    "lasting", [refused("ValidationException"), refused("AccessDeniedException"), NoCredentialsError()], ids=str
)
def test_a_lasting_trouble_is_ours_and_not_tried_again(lasting: Exception) -> None:
    client = ScriptedClient(lasting)
    with pytest.raises(ServiceUnavailable) as error:
        table_of(client).transact([put(KEY)])
    assert error.value.__cause__ is lasting


def test_the_client_hears_nothing_of_the_cause() -> None:
    with pytest.raises(ServiceUnavailable) as error:
        table_of(ScriptedClient(refused("AccessDeniedException"))).get(KEY)
    assert "AccessDenied" not in error.value.message
    assert "table" not in error.value.message


def test_attempts_share_a_token_and_calls_dont() -> None:
    client = ScriptedClient(refused("ThrottlingException"), {}, {})
    table = table_of(client)
    for _ in range(2):
        table.transact([put(KEY)])
    first, again, second = (request["ClientRequestToken"] for request in client.requests)
    assert first == again != second
    assert len(first) <= 36  # DynamoDB's limit


def test_retries_end_with_the_number_of_attempts() -> None:
    client = ScriptedClient(*[refused("ThrottlingException")] * 11)
    with pytest.raises(ServiceUnavailable):
        table_of(client).transact([put(KEY)])
    assert len(client.requests) == 10


def test_pauses_grow_up_to_a_bound_and_are_random() -> None:
    pauses: list[float] = []
    backoff = Backoff(attempts=6, first_s=0.1, longest_s=1, sleep=pauses.append, jitter=lambda: 0.5, monotonic=lambda: 0.0)
    assert len(list(backoff.tries())) == 6
    assert pauses == [0.1, 0.2, 0.4, 0.5, 0.5]


def test_no_attempt_begins_after_the_time_is_up() -> None:
    now = [0.0]

    def sleep(pause: float) -> None:
        now[0] += pause

    backoff = Backoff(first_s=4, longest_s=4, within_s=10, sleep=sleep, jitter=lambda: 1.0, monotonic=lambda: now[0])
    assert len(list(backoff.tries())) == 3


def test_the_index_counts_among_a_transactions_writes() -> None:
    """`WriteCapacityUnits` leaves it out, the total doesn't."""
    meter = Meter()
    answer = {"ConsumedCapacity": [{"TableName": "table", "CapacityUnits": 5.0, "WriteCapacityUnits": 4.0}]}
    table_of(ScriptedClient(answer)).transact([put(KEY)], meter)
    assert (meter.dynamodb_writes, meter.dynamodb_reads) == (5, 0)


def test_a_transaction_that_was_done_before_counts_as_the_read_that_it_was() -> None:
    meter = Meter()
    answer = {"ConsumedCapacity": [{"TableName": "table", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}]}
    table_of(ScriptedClient(answer)).transact([put(KEY)], meter)
    assert (meter.dynamodb_writes, meter.dynamodb_reads) == (0, 2)


def test_a_long_answer_is_read_page_by_page() -> None:
    first = {"Items": [{"pk": {"S": "a"}, "sk": {"S": "1"}}], "LastEvaluatedKey": {"pk": {"S": "a"}, "sk": {"S": "1"}}}
    client = ScriptedClient(first, {"Items": [{"pk": {"S": "a"}, "sk": {"S": "2"}}]})
    assert [item["sk"] for item in table_of(client).list("a")] == ["1", "2"]
    assert client.requests[1]["ExclusiveStartKey"] == first["LastEvaluatedKey"]
