"""What template.yaml promises of the way in by S3, and CloudFormation doesn't check."""

from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())
PARAMETERS, RESOURCES = TEMPLATE["Parameters"], TEMPLATE["Resources"]


def properties(name):
    return RESOURCES[name]["Properties"]


def test_a_message_stays_out_of_sight_for_six_times_as_long_as_the_function_may_take():
    assert PARAMETERS["UploadVisibilitySeconds"]["Default"] >= 6 * PARAMETERS["UploadTimeoutSeconds"]["Default"]


def test_only_what_is_dropped_makes_an_event():
    (queue,) = properties("Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    assert queue["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "uploads/"}]


def test_s3_may_send_before_it_tries_to():
    assert RESOURCES["Bucket"]["DependsOn"] == "UploadsQueuePolicy"


def test_dead_letters_are_kept_longer_than_those_that_wait():
    waiting, dead = (properties(name)["MessageRetentionPeriod"] for name in ("UploadsQueue", "UploadsDeadLetterQueue"))
    assert dead > waiting


def test_the_alarm_watches_the_dead_letters():
    assert properties("UploadsFailedAlarm")["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["UploadsDeadLetterQueue", "QueueName"]}}
    ]


@pytest.mark.parametrize(
    ("function", "handler"), [("RemoveBackgroundUpload", "handle_upload"), ("RemoveBackgroundBatch", "handle_batch")]
)
def test_all_ways_in_are_one_image(function, handler):
    http = RESOURCES["RemoveBackgroundHttp"]
    assert RESOURCES[function]["Metadata"] == http["Metadata"]
    assert properties(function)["ImageConfig"]["Command"] == [f"remove_background.app.{handler}"]


def test_the_function_writes_nothing_but_results():
    statements = properties("RemoveBackgroundUploadRole")["Policies"][0]["PolicyDocument"]["Statement"]
    writing = [statement["Resource"] for statement in statements if "s3:PutObject" in statement.get("Action", [])]
    assert writing == [{"Fn::Sub": "${Bucket.Arn}/results/*"}]
