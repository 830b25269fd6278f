"""An independent judge of the same policies: moto's IAM. It looks at actions everywhere, and at resources where S3 and SQS are called."""

import importlib
import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from cutout.adapters import aws
from cutout.adapters.dynamodb.table import Table
from cutout.adapters.dynamodb.tasks import DynamoTaskStore
from cutout.domain.accounts import Account
from cutout.domain.metering import Meter
from cutout.domain.tasks import Asked, OutputType
from tests.contract.builders import charge_of, new_record, with_result
from tests.contract.worlds import table_properties
from tests.integration.deployed import REGION, ROOT, Deployed

FUNCTION = "DeliverWebhook"
SHOP = Account("shop", "The shop")
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


@dataclass(frozen=True)
class Waiting:
    """A message in the queue of a deployment."""

    deployed: Deployed
    message: dict[str, Any]


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    """For a task that is done, whose result travels inline."""
    deployed = Deployed()
    with mock_aws(), patch.dict("os.environ", {**KEYS, **deployed.environment(FUNCTION)}):
        _forget_clients()
        dynamodb, s3, sqs = (boto3.client(name, region_name=REGION) for name in ("dynamodb", "s3", "sqs"))
        dynamodb.create_table(TableName=deployed.name("Table"), **table_properties())
        s3.create_bucket(Bucket=deployed.name("Bucket"))
        queue, _ = (
            sqs.create_queue(QueueName=deployed.name(name))["QueueUrl"] for name in ("WebhooksQueue", "WebhooksDeadLetterQueue")
        )
        tasks = DynamoTaskStore(Table(dynamodb, deployed.name("Table")), task_ttl_days=30, image_ttl_days=30)
        record = new_record(SHOP, asked=Asked((OutputType.BASE64,), include_cost=False))
        tasks.create(record, SHOP, Meter())
        done = with_result(record)
        done = replace(done, image=replace(done.image, size_bytes=1))
        s3.put_object(Bucket=deployed.name("Bucket"), Key=done.image.object_key, Body=b"x")
        tasks.commit(done, charge_of(done, 42), SHOP, Meter())
        body = {"account": "shop", "taskUUID": str(record.key.task_uuid), "url": "https://hooks.example/done"}
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(body))
        (received,) = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=600)["Messages"]
        message = {"messageId": "1", "receiptHandle": received["ReceiptHandle"], "body": received["Body"]}
        yield Waiting(deployed, {**message, "attributes": {"ApproximateReceiveCount": "1"}})
        _forget_clients()


def deliver(waiting: Waiting, status: int, without: str | None = None) -> tuple[int, list[Any], list[str]]:
    """How often the receiver was asked, which messages are to come again, what was reported; under the template's policy, `without` an action."""
    environment, asked, reported = _credentials(waiting.deployed, without), [], []

    def send(*_: Any, **__: Any) -> int:
        asked.append(1)
        return status

    @set_initial_no_auth_action_count(0)
    def judged(module: ModuleType) -> Any:
        poster = SimpleNamespace(send=send)
        module.deliveries = replace(module.deliveries, poster=poster, report=lambda error: reported.append(str(error.__cause__)))
        context = SimpleNamespace(function_name=FUNCTION, memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="1")
        return module.handle({"Records": [waiting.message]}, context)

    with patch.dict("os.environ", environment), patch.object(sys, "path", [str(ROOT / "functions"), *sys.path]):
        _forget_clients()
        kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("deliver_webhook")}
        try:
            failures = judged(importlib.import_module("deliver_webhook.app"))["batchItemFailures"]
        finally:
            for name in [name for name in sys.modules if name.startswith("deliver_webhook")]:
                del sys.modules[name]
            sys.modules.update(kept)
    return len(asked), failures, reported


def _credentials(deployed: Deployed, without: str | None) -> dict[str, str]:
    """Those of a role with the template's policy. moto knows neither conditions nor the ARNs of tables: those stay out of it."""
    document = deepcopy(deployed.document(FUNCTION))
    for statement in document["Statement"]:
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        statement["Action"] = [action for action in actions if action != without] or ["none:None"]
        statement.pop("Condition", None)
        if actions[0].startswith("dynamodb:"):
            statement["Resource"] = "*"
    iam, sts = boto3.client("iam", region_name=REGION), boto3.client("sts", region_name=REGION)
    arn = iam.create_role(RoleName=deployed.stack, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    iam.put_role_policy(RoleName=deployed.stack, PolicyName="policy", PolicyDocument=json.dumps(document))
    given = sts.assume_role(RoleArn=arn, RoleSessionName="function")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }


def _forget_clients() -> None:
    aws.client.cache_clear()  # type: ignore[attr-defined]
    aws._session.cache_clear()


def test_a_delivery_needs_no_more_than_its_role_allows(waiting):
    assert deliver(waiting, 200) == (1, [], [])


def test_a_delivery_that_was_not_taken_needs_no_more_either(waiting):
    assert deliver(waiting, 500) == (1, [{"itemIdentifier": "1"}], [])


def test_nor_one_that_is_parked(waiting):
    assert deliver(waiting, 410) == (1, [], [])


@pytest.mark.parametrize("action", ["dynamodb:GetItem", "dynamodb:PutItem", "s3:GetObject"])
def test_without_an_action_nothing_is_sent_and_the_log_says_why(waiting, action):
    asked, failures, reported = deliver(waiting, 200, without=action)
    assert (asked, failures) == (0, [{"itemIdentifier": "1"}])
    assert "AccessDenied" in "".join(reported)


@pytest.mark.parametrize(("status", "action"), [(500, "sqs:ChangeMessageVisibility"), (410, "sqs:SendMessage")])
def test_without_an_action_on_the_queues_a_delivery_comes_again_by_itself(waiting, status, action):
    asked, failures, reported = deliver(waiting, status, without=action)
    assert (asked, failures) == (1, [{"itemIdentifier": "1"}])
    assert "AccessDenied" in "".join(reported)
