"""What template.yaml promises of webhooks and of results with a time to live, and CloudFormation doesn't check."""

from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from cutout.domain.webhooks import ATTEMPTS, pause_s

ROOT = Path(__file__).parents[2]
RESOURCES = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
QUEUE, PARKED = (RESOURCES[name]["Properties"] for name in ("WebhooksQueue", "WebhooksDeadLetterQueue"))


def properties(name: str) -> dict:
    return RESOURCES[name]["Properties"]


def statements(function: str) -> list[dict]:
    return properties(f"{function}Role")["Policies"][0]["PolicyDocument"]["Statement"]


def test_the_queue_counts_as_many_attempts_as_the_pauses_are_made_for():
    assert QUEUE["RedrivePolicy"]["maxReceiveCount"] == ATTEMPTS


def test_the_queue_keeps_a_message_for_longer_than_all_pauses_together():
    longest_s = sum(pause_s(attempt, 1.0) for attempt in range(1, ATTEMPTS)) + ATTEMPTS * properties("DeliverWebhook")["Timeout"]
    assert longest_s < QUEUE["MessageRetentionPeriod"]


def test_a_message_stays_out_of_sight_for_six_times_as_long_as_the_function_may_take():
    assert QUEUE["VisibilityTimeout"] >= 6 * properties("DeliverWebhook")["Timeout"]


def test_parked_messages_are_kept_longer_than_those_that_wait():
    assert PARKED["MessageRetentionPeriod"] > QUEUE["MessageRetentionPeriod"]


def test_the_alarm_watches_the_parked_messages():
    assert properties("WebhooksFailedAlarm")["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["WebhooksDeadLetterQueue", "QueueName"]}}
    ]


def test_a_batch_reports_what_is_to_come_again():
    source = properties("DeliverWebhook")["Events"]["Finished"]["Properties"]
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_run_of_the_expiry_is_over_before_the_next_begins():
    function = properties("ExpireResults")
    assert function["Events"]["EveryMinute"]["Properties"]["Schedule"] == "rate(1 minute)"
    assert function["Timeout"] < 60
    assert function["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


@pytest.mark.parametrize("function", ["DeliverWebhook", "ExpireResults"])
def test_the_code_is_there_under_the_name_that_lambda_imports(function):
    assert (ROOT / properties(function)["CodeUri"] / "app.py").exists()
    assert properties(function)["Handler"] == "app.handle"


@pytest.mark.parametrize("function", ["DeliverWebhook", "ExpireResults"])
def test_a_role_names_its_actions_one_by_one(function):
    actions = [action for statement in statements(function) for action in _listed(statement["Action"])]
    assert [action for action in actions if "*" in action] == []


def test_only_results_are_removed_and_nothing_is_written_to_the_bucket():
    writing = {
        action: statement["Resource"]
        for function in ("DeliverWebhook", "ExpireResults")
        for statement in statements(function)
        for action in _listed(statement["Action"])
        if action.startswith(("s3:Put", "s3:Delete"))
    }
    assert writing == {"s3:DeleteObject": {"Fn::Sub": "${Bucket.Arn}/results/*"}}


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
