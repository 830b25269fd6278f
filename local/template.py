"""What template.yaml says, after AWS's own SAM translator has turned it into plain CloudFormation."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

# The embedded CloudFormation makes these; what isn't here is either played by this package (functions, HTTP and WebSocket API,
# schedules) or has no meaning on one machine (roles, log groups). The bucket's policy asks for TLS, which the embedded AWS doesn't speak.
KEPT_TYPES: Final = frozenset({"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"})

_FOLDER: Final = "LocalFolder"
_BUILT: Final = "s3://built/by-sam-build"

_ROUTE_KEYS: Final = frozenset({"$connect", "$default", "$disconnect"})
_INTEGRATION_OF_TARGET = re.compile(r"integrations/\$\{(\w+)\}")
_FUNCTION_OF_URI = re.compile(r"\$\{(\w+)\.(?:Arn|Alias)\}|\$\{(\w+)\}/invocations")


class TemplateError(Exception):
    """template.yaml can't be run locally; the message says what in it."""


@dataclass(frozen=True, slots=True)
class FunctionTemplate:
    """A function as the template has it. Values may still be intrinsic functions, such as {"Ref": "Table"}."""

    logical_id: str
    handler: str
    folder: Path
    """What the handler's module is named from: CodeUri. For an image: the folder that holds the Dockerfile's, as a package"""
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
class SocketApi:
    """The WebSocket API: its stage, which is the path it is reached at, and the function of each route key."""

    stage: str
    routes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule that invokes a function at intervals. `event` is the rule's own; None: EventBridge's."""

    name: str
    function: str
    expression: str
    event: str | None


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
    socket_api: SocketApi | None
    schedules: tuple[Schedule, ...]
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
    return Application(functions, routes, queue_sources, _socket_api(resources), _schedules(resources), stack)


def _translate(path: Path) -> dict[str, Any]:
    # Only this command needs the translator, and it takes a while to import.
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    # The translator asks boto3 for a region; which one makes no difference to what is kept.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    template = yaml_parse(path.read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and properties.get("PackageType") == "Image":
            properties.setdefault("ImageUri", "built-by-sam-build")
        elif resource["Type"] == "AWS::Serverless::Function":
            # The translator wants what `sam package` would have put there, and keeps metadata as they are.
            resource.setdefault("Metadata", {})[_FOLDER] = properties.get("CodeUri", ".")
            properties["CodeUri"] = _BUILT
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = _BUILT
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
        folder = root / resource["Metadata"][_FOLDER]
    if not handler:
        raise TemplateError(f"{name} names no handler: ImageConfig.Command, or Handler for a zip, is missing.")
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
            name = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            uri = operation["x-amazon-apigateway-integration"]["uri"]
            routes.append(Route(name, path, _function_of(uri, f"{name} {path}")))
    return routes


def _function_of(uri: object, route: str) -> str:
    found = _FUNCTION_OF_URI.search(str(uri))
    if not found:
        raise TemplateError(f"The route {route} leads to no function: {uri}")
    return str(found[1] or found[2])


def _socket_api(resources: Mapping[str, Any]) -> SocketApi | None:
    apis = [name for name, api in resources.items() if api.get("Properties", {}).get("ProtocolType") == "WEBSOCKET"]
    if not apis:
        return None
    if len(apis) > 1:
        raise TemplateError(f"More than one WebSocket API: {', '.join(apis)}.")
    stages = [stage["StageName"] for stage in _of_api(resources, "AWS::ApiGatewayV2::Stage", apis[0])]
    if len(stages) != 1:
        raise TemplateError(f"{apis[0]} has {len(stages)} stages; one is needed.")
    routes = {
        route["RouteKey"]: _function_of(_integration(resources, route["Target"])["IntegrationUri"], route["RouteKey"])
        for route in _of_api(resources, "AWS::ApiGatewayV2::Route", apis[0])
    }
    # Which route a message takes is looked up in it where there are more: here all take the same.
    if more := routes.keys() - _ROUTE_KEYS:
        raise TemplateError(f"{apis[0]} has routes that don't run here: {', '.join(sorted(more))}.")
    return SocketApi(stages[0], routes)


def _of_api(resources: Mapping[str, Any], kind: str, api: str) -> Iterator[Mapping[str, Any]]:
    for resource in resources.values():
        if resource["Type"] == kind and resource["Properties"]["ApiId"] == {"Ref": api}:
            yield resource["Properties"]


def _integration(resources: Mapping[str, Any], target: object) -> Mapping[str, Any]:
    """`target` is `!Sub integrations/${Name}`."""
    found = _INTEGRATION_OF_TARGET.search(str(target))
    if not found or found[1] not in resources:
        raise TemplateError(f"A route's target that isn't an integration of this template: {target}")
    return cast("Mapping[str, Any]", resources[found[1]]["Properties"])


def _schedules(resources: Mapping[str, Any]) -> tuple[Schedule, ...]:
    return tuple(
        Schedule(name, target["Arn"]["Fn::GetAtt"][0], rule["Properties"]["ScheduleExpression"], target.get("Input"))
        for name, rule in resources.items()
        if rule["Type"] == "AWS::Events::Rule" and "ScheduleExpression" in rule["Properties"]
        for target in rule["Properties"]["Targets"]
    )
