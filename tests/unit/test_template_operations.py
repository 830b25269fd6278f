"""What template.yaml promises to whoever runs a deployment, and CloudFormation doesn't check."""

import re
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
RESOURCES = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, dict]:
    return {name: resource["Properties"] for name, resource in RESOURCES.items() if resource["Type"] == kind}


FUNCTIONS = of_type("AWS::Serverless::Function")
ALARMS = of_type("AWS::CloudWatch::Alarm")
QUEUES = of_type("AWS::SQS::Queue")
DEAD_LETTERS = {
    queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] for queue in QUEUES.values() if "RedrivePolicy" in queue
}


def watched(alarm: dict) -> set[str]:
    """The functions and queues that an alarm looks at."""
    return set(re.findall(r"'(?:Ref|Fn::GetAtt)': (?:\[)?'(\w+)'", str(alarm)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_time_out_a_role_and_a_log_with_its_retention(name):
    function = FUNCTIONS[name]
    assert function["Timeout"]
    assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
    log = RESOURCES[function["LoggingConfig"]["LogGroup"]["Ref"]]
    assert log["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_fails_sets_off_an_alarm(name):
    errors = [alarm for alarm in ALARMS.values() if "'Errors'" in str(alarm)]
    assert any(name in watched(alarm) for alarm in errors)


def test_a_queue_that_functions_read_gives_up_into_another():
    sources = {
        event["Properties"]["Queue"]["Fn::GetAtt"][0]
        for function in FUNCTIONS.values()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    assert sources == QUEUES.keys() - DEAD_LETTERS
    assert all("RedrivePolicy" in QUEUES[queue] for queue in sources)


@pytest.mark.parametrize("queue", sorted(DEAD_LETTERS))
def test_dead_letters_set_off_an_alarm(queue):
    assert any(queue in watched(alarm) for alarm in ALARMS.values())


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_operators_topic_and_the_page_says_what_to_do(name):
    assert ALARMS[name]["AlarmActions"] == {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert f"`{name}`" in (ROOT / "docs/operations.md").read_text()


def test_the_dashboard_shows_every_function_and_queue():
    board = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    assert {name for name in (*FUNCTIONS, *QUEUES) if f"${{{name}" not in board} == set()


def test_the_dashboards_own_metrics_are_emitted():
    board = of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"]
    sources = "".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))
    shown = set(re.findall(r'"Cutout", "(\w+)"', board))
    assert shown
    assert {name for name in shown if f'"{name}"' not in sources} == set()


def test_every_parameter_has_a_group_and_a_default():
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(TEMPLATE["Parameters"])
    assert all("Default" in parameter for parameter in TEMPLATE["Parameters"].values())


def test_what_cannot_be_made_again_outlives_the_stack():
    kept = {name for name, resource in RESOURCES.items() if resource.get("DeletionPolicy") == "Retain"}
    assert kept == {"Table", "Bucket"}
