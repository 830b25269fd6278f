"""What is read out of template.yaml."""

from pathlib import Path

import pytest
import yaml

from cutout.settings import from_environment
from local.template import KEPT_TYPES, Route, TemplateError, load

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
