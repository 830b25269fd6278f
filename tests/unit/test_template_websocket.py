"""What template.yaml promises of the WebSocket API, and CloudFormation doesn't check."""

from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

TEMPLATE = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())
RESOURCES = TEMPLATE["Resources"]


def properties(name):
    return RESOURCES[name]["Properties"]


def statements(role):
    return properties(role)["Policies"][0]["PolicyDocument"]["Statement"]


def test_the_models_that_are_accepted_are_those_of_the_workers_image():
    accepted = set(properties("WebSocket")["Environment"]["Variables"]["INSTALLED_MODELS"].split(","))
    images = [
        resource["Metadata"]["DockerBuildArgs"]["MODELS"].split()
        for resource in RESOURCES.values()
        if "DockerBuildArgs" in resource.get("Metadata", {})
    ]
    assert images
    assert all(set(models) == accepted for models in images)


def test_a_silent_connection_is_looked_at_after_half_a_minute():
    assert properties("ConnectionsQueue")["DelaySeconds"] == 30


def test_a_message_stays_out_of_sight_for_six_times_as_long_as_the_function_may_take():
    assert properties("ConnectionsQueue")["VisibilityTimeout"] >= 6 * properties("WebSocket")["Timeout"]


def test_the_function_gives_up_before_the_gateway_does():
    assert properties("WebSocket")["Timeout"] < 29


def test_every_kind_of_event_has_a_route():
    routes = {
        resource["Properties"]["RouteKey"]: name
        for name, resource in RESOURCES.items()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }
    assert routes.keys() == {"$connect", "$default", "$disconnect"}
    assert set(RESOURCES["WebSocketStage"]["DependsOn"]) == set(routes.values())


def test_the_alarm_watches_the_dead_letters():
    assert properties("ConnectionsFailedAlarm")["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["ConnectionsDeadLetterQueue", "QueueName"]}}
    ]


def test_the_function_deletes_nothing_but_connections():
    (deleting,) = [statement for statement in statements("WebSocketRole") if "dynamodb:DeleteItem" in statement["Action"]]
    assert deleting["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CONN#*"]}}


def test_all_zip_functions_have_the_layer_and_its_runtime():
    zips = [resource["Properties"] for resource in RESOURCES.values() if "CodeUri" in resource.get("Properties", {})]
    assert zips
    assert all(function["Layers"] == [{"Ref": "CutoutLayer"}] for function in zips)
    assert [function["Runtime"] for function in zips] == properties("CutoutLayer")["CompatibleRuntimes"] * len(zips)
