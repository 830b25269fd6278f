"""What is read out of template.yaml."""

from pathlib import Path

import pytest
import yaml

from cutout.settings import from_environment
from local.template import KEPT_TYPES, Route, SocketApi, TemplateError, load

ROOT = Path(__file__).parents[2]
FUNCTION = {
    "Type": "AWS::Serverless::Function",
    "Metadata": {"Dockerfile": "functions/f/Dockerfile", "DockerContext": "."},
    "Properties": {"PackageType": "Image", "ImageConfig": {"Command": ["f.app.handle"]}},
}


@pytest.fixture(scope="module")
def application():
    return load(ROOT / "template.yaml")


def sam(folder: Path, resources: dict) -> Path:
    (folder / "functions/f").mkdir(parents=True, exist_ok=True)
    path = folder / "template.yaml"
    path.write_text(yaml.safe_dump({"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}))
    return path


def test_each_route_leads_to_its_function(application):
    assert set(application.routes) == {
        Route("POST", "/v1", "RemoveBackgroundHttp"),
        Route("GET", "/docs/{proxy+}", "RemoveBackgroundHttp"),
    }


def test_a_handler_is_named_from_the_folder_of_the_functions_folder(application):
    function = application.functions[0]
    assert (function.handler, function.folder) == ("remove_background.app.handle_http", ROOT / "functions")


def test_the_functions_environment_has_what_settings_read(application):
    """With each parameter's default; Lambda itself adds two names."""
    parameters = application.stack["Parameters"]
    environment = {
        name: value if isinstance(value, str) else str(parameters.get(value["Ref"], {}).get("Default", "made-by-aws"))
        for name, value in application.functions[0].environment.items()
    }
    settings = from_environment(environment | {"AWS_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "3008"})
    assert (settings.table_name, settings.default_model, settings.fetch_allow_hosts) == ("made-by-aws", "u2netp", frozenset())


def test_only_what_the_embedded_aws_makes_is_kept(application):
    resources = application.stack["Resources"]
    assert {"Table", "Bucket"} <= resources.keys()
    assert {resource["Type"] for resource in resources.values()} <= KEPT_TYPES


def test_a_template_that_the_translator_refuses_is_refused_with_its_reason(tmp_path):
    broken = {**FUNCTION, "Properties": {**FUNCTION["Properties"], "Events": {"E": {"Type": "Nonsense", "Properties": {}}}}}
    with pytest.raises(TemplateError, match="Nonsense"):
        load(sam(tmp_path, {"F": broken}))


def test_a_function_without_a_handler_is_refused_by_name(tmp_path):
    with pytest.raises(TemplateError, match=r"^F names no handler"):
        load(sam(tmp_path, {"F": {**FUNCTION, "Properties": {"PackageType": "Image"}}}))


def test_a_function_whose_code_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(TemplateError, match=r"^F has its code in .*nowhere"):
        load(sam(tmp_path, {"F": {**FUNCTION, "Metadata": {"Dockerfile": "nowhere/f/Dockerfile", "DockerContext": "."}}}))


ZIP = {
    "Type": "AWS::Serverless::Function",
    "Properties": {"Runtime": "python3.13", "Handler": "f.app.handle", "CodeUri": "functions"},
}


def test_a_zips_handler_is_named_from_its_code(tmp_path):
    (function,) = load(sam(tmp_path, {"F": ZIP})).functions
    assert (function.handler, function.folder) == ("f.app.handle", tmp_path / "functions")


def test_a_zip_may_have_a_layer(tmp_path):
    layer = {"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "layers/shared"}}
    function = {**ZIP, "Properties": {**ZIP["Properties"], "Layers": [{"Ref": "L"}]}}
    assert [function.logical_id for function in load(sam(tmp_path, {"L": layer, "F": function})).functions] == ["F"]


def test_a_schedule_is_a_rule_with_its_function(tmp_path):
    event = {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)", "Input": '{"a": 1}'}}
    function = {**ZIP, "Properties": {**ZIP["Properties"], "Events": {"Tick": event}}}
    (schedule,) = load(sam(tmp_path, {"F": function})).schedules
    assert (schedule.function, schedule.expression, schedule.event) == ("F", "rate(1 minute)", '{"a": 1}')


SOCKET_API = {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET"}}
STAGE = {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "v1"}}
INTEGRATION = {
    "Type": "AWS::ApiGatewayV2::Integration",
    "Properties": {"ApiId": {"Ref": "Api"}, "IntegrationUri": {"Fn::Sub": "arn:aws:…/${F.Arn}/invocations"}},
}
ROUTE = {
    "Type": "AWS::ApiGatewayV2::Route",
    "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "$default", "Target": {"Fn::Sub": "integrations/${Integration}"}},
}
WEBSOCKET = {"F": ZIP, "Api": SOCKET_API, "Stage": STAGE, "Integration": INTEGRATION, "Route": ROUTE}


def test_a_websocket_api_has_a_stage_and_routes(tmp_path):
    assert load(sam(tmp_path, WEBSOCKET)).socket_api == SocketApi("v1", {"$default": "F"})


def test_there_may_be_no_websocket_api(tmp_path):
    assert load(sam(tmp_path, {"F": ZIP})).socket_api is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Second": SOCKET_API}, "More than one"),
        ({"Second": STAGE}, "2 stages"),
        ({"Route": {**ROUTE, "Properties": {**ROUTE["Properties"], "Target": "integrations/abc"}}}, "isn't an integration"),
        ({"Route": {**ROUTE, "Properties": {**ROUTE["Properties"], "RouteKey": "dance"}}}, "dance"),
    ],
)
def test_a_websocket_api_that_cannot_run_here_is_refused(tmp_path, changes, reason):
    with pytest.raises(TemplateError, match=reason):
        load(sam(tmp_path, WEBSOCKET | changes))
