"""What template.yaml says, after AWS's own SAM translator has turned it into plain CloudFormation."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

# The embedded CloudFormation makes these; what isn't here is either played by this package (functions, HTTP API) or has no meaning
# on one machine (roles, log groups). The bucket's policy asks for TLS, which the embedded AWS doesn't speak.
KEPT_TYPES: Final = frozenset({"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"})

_FUNCTION_OF_URI = re.compile(r"\$\{(\w+)\.(?:Arn|Alias)\}|\$\{(\w+)\}/invocations")


class TemplateError(Exception):
    """template.yaml can't be run locally; the message says what in it."""


@dataclass(frozen=True, slots=True)
class FunctionTemplate:
    """A function as the template has it. Values may still be intrinsic functions, such as {"Ref": "Table"}."""

    logical_id: str
    handler: str
    folder: Path
    """What the handler's module is named from. For an image: the folder that holds the Dockerfile's, as a package"""
    timeout: Any
    memory_mib: Any
    environment: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path of the HTTP API; the path may end in `{name+}`, which stands for the rest of it."""

    method: str
    path: str
    function: str


@dataclass(frozen=True, slots=True)
class QueueSource:
    """A queue whose messages a function gets. `max_concurrency` may still be an intrinsic function."""

    queue: str
    function: str
    batch_size: int
    max_concurrency: Any


@dataclass(frozen=True, slots=True)
class Application:
    """The whole template, sorted by who plays which part."""

    functions: tuple[FunctionTemplate, ...]
    routes: tuple[Route, ...]
    queue_sources: tuple[QueueSource, ...]
    stack: dict[str, Any]
    """The part that the embedded CloudFormation makes: parameters, conditions, and the resources of KEPT_TYPES"""


def load(path: Path) -> Application:
    """Read and translate a SAM template.

    Raises:
        TemplateError: the translator refuses it, or a function isn't one that can be run here.
    """
    template = _translate(path)
    resources: dict[str, Any] = template["Resources"]
    functions = tuple(
        _function(name, resource, path.parent)
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::Function"
    )
    routes = tuple(
        route for resource in resources.values() if resource["Type"] == "AWS::ApiGatewayV2::Api" for route in _routes(resource)
    )
    queue_sources = tuple(
        _queue_source(resource["Properties"])
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    )
    kept = {name: resource for name, resource in resources.items() if resource["Type"] in KEPT_TYPES}
    sections = ("AWSTemplateFormatVersion", "Description", "Parameters", "Mappings", "Conditions")
    stack = {section: template[section] for section in sections if section in template} | {"Resources": kept}
    return Application(functions, routes, queue_sources, stack)


def _translate(path: Path) -> dict[str, Any]:
    # Only this command needs the translator, and it takes a while to import.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    # The translator asks boto3 for a region; which one makes no difference to what is kept.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = yaml_parse(path.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function" and resource["Properties"].get("PackageType") == "Image":
            resource["Properties"].setdefault("ImageUri", "built-by-sam-build")
    try:
        return cast("dict[str, Any]", transform(template, {}, _NoManagedPolicies()))
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise TemplateError(f"{path.name}: {causes}") from error


class _NoManagedPolicies:
    """The translator's source of the ARNs of AWS's own policies. Roles aren't made locally."""

    def load(self) -> dict[str, str]:
        return {}


def _function(name: str, resource: Mapping[str, Any], root: Path) -> FunctionTemplate:
    properties = resource["Properties"]
    if properties.get("PackageType") == "Image":
        handler = properties.get("ImageConfig", {}).get("Command", [None])[0]
        folder = (root / resource.get("Metadata", {}).get("Dockerfile", "")).parent.parent
    else:
        handler = properties.get("Handler")
        folder = root / str(properties.get("CodeUri", ""))
    if not handler:
        raise TemplateError(f"{name} names no handler: ImageConfig.Command is missing.")
    if not folder.is_dir():
        raise TemplateError(f"{name} has its code in {folder}, which isn't there.")
    return FunctionTemplate(
        logical_id=name,
        handler=handler,
        folder=folder,
        timeout=properties.get("Timeout", 3),  # Lambda's own defaults
        memory_mib=properties.get("MemorySize", 128),
        environment=properties.get("Environment", {}).get("Variables", {}),
    )


def _queue_source(properties: Mapping[str, Any]) -> QueueSource:
    arn = properties["EventSourceArn"]
    if not (isinstance(arn, dict) and isinstance(arn.get("Fn::GetAtt"), list)):
        raise TemplateError(f"An event source that isn't a queue of this template: {arn}")
    return QueueSource(
        queue=arn["Fn::GetAtt"][0],
        function=properties["FunctionName"]["Ref"],
        batch_size=properties.get("BatchSize", 10),  # Lambda's own default
        max_concurrency=properties.get("ScalingConfig", {}).get("MaximumConcurrency", 1000),
    )


def _routes(api: Mapping[str, Any]) -> list[Route]:
    routes = []
    for path, methods in api["Properties"].get("Body", {}).get("paths", {}).items():
        for method, operation in methods.items():
            uri = str(operation["x-amazon-apigateway-integration"]["uri"])
            found = _FUNCTION_OF_URI.search(uri)
            if not found:
                raise TemplateError(f"The route {method.upper()} {path} leads to no function: {uri}")
            routes.append(
                Route("ANY" if method == "x-amazon-apigateway-any-method" else method.upper(), path, found[1] or found[2])
            )
    return routes
