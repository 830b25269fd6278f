"""Lambda's side of SQS on this machine: messages are received in batches, handed to a function, and deleted if it did them.

What the function names in `batchItemFailures`, and all of a batch that it failed at, stays in the queue: it comes again after the queue's
visibility time-out, and goes to the dead-letter queue in the end.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import json
import sys
from collections.abc import Sequence
from threading import Event, Thread
from typing import Any, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from local.children import Stopping
from local.function import TooManyRequests
from local.runtime_api import FunctionError
from local.stack import Connection, QueueSettings

LONG_POLL_S: Final = 2
PAUSE_S: Final = 1.0
"""After something went wrong."""


class Invokable(Protocol):
    def invoke(self, event: bytes, wait_s: float) -> bytes: ...


class Poller:
    """Feeds a function from a queue, in as many threads as may invoke it at once."""

    def __init__(self, queue: QueueSettings, function: Invokable, connection: Connection, threads: int, stop: Event) -> None:
        self._queue = queue
        self._function = function
        self._connection = connection
        self._stop = stop
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(min(threads, queue.max_concurrency))]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait for what was begun when `stop` was set."""
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        sqs = self._connection.client("sqs")
        while not self._stop.is_set():
            try:
                self._poll(sqs)
            except Stopping:
                return
            except TooManyRequests:
                continue
            except (FunctionError, BotoCoreError, ClientError, ValueError) as error:
                if not self._stop.is_set():
                    print(f"{self._queue.function}: {error}", file=sys.stderr, flush=True)
                self._stop.wait(PAUSE_S)

    def _poll(self, sqs: Any) -> None:
        received = sqs.receive_message(
            QueueUrl=self._queue.url,
            MaxNumberOfMessages=self._queue.batch_size,
            WaitTimeSeconds=LONG_POLL_S,
            MessageSystemAttributeNames=["All"],
        )
        messages = received.get("Messages", [])
        if not messages:
            return
        arn = f"arn:aws:sqs:{self._connection.region}:000000000000:{self._queue.url.rpartition('/')[2]}"
        result = self._function.invoke(json.dumps(to_event(messages, arn, self._connection.region)).encode(), float(LONG_POLL_S))
        failed = failures(result)
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=self._queue.url, ReceiptHandle=message["ReceiptHandle"])


def to_event(messages: Sequence[dict[str, Any]], arn: str, region: str) -> dict[str, Any]:
    """The event that Lambda makes of received messages."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": message.get("MessageAttributes", {}),
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": region,
            }
            for message in messages
        ]
    }


def failures(result: bytes) -> set[str]:
    """The message ids that a function reports as not done.

    Raises:
        ValueError: the report is malformed, which Lambda takes for a failure of the whole batch.
    """
    report = json.loads(result)
    items = report.get("batchItemFailures") if isinstance(report, dict) else None
    if report is not None and not (isinstance(report, dict) and isinstance(items, list | None)):
        raise ValueError("The function's report of failed messages is malformed.")
    try:
        return {item["itemIdentifier"] for item in items or []}
    except (TypeError, KeyError) as error:
        raise ValueError("The function's report of failed messages is malformed.") from error
