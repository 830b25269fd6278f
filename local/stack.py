"""The template's resources in the embedded AWS, made and kept up to date by its CloudFormation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError, WaiterError

from local.template import Application, FunctionTemplate, QueueSource, TemplateError

STACK_NAME: Final = "cutout"


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """A function with every value resolved."""

    name: str
    handler: str
    folder: Path
    timeout_s: int
    memory_mib: int
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach the embedded AWS. The keys are made up: it takes any."""

    endpoint_url: str
    region: str = "us-east-1"
    access_key_id: str = "test"
    secret_access_key: str = "test"  # noqa: S105 - opens nothing

    @property
    def environment(self) -> dict[str, str]:
        """The names that AWS's SDKs read."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
        }

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]  # a name that isn't known until run time
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
        )


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """A queue with the function that gets its messages."""

    url: str
    function: str
    batch_size: int
    max_concurrency: int


@dataclass(frozen=True, slots=True)
class Deployed:
    functions: tuple[FunctionSettings, ...]
    queues: tuple[QueueSettings, ...]


def deploy(
    application: Application,
    connection: Connection,
    environment: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Deployed:
    """Create or update the stack, and resolve what the functions refer to.

    CloudFormation itself resolves: each value of each function becomes an output of the stack. `environment` is put in place of what
    the template says, for functions that have the name; `parameters` are the template's.

    Raises:
        TemplateError: CloudFormation refuses the template.
    """
    environment = environment or {}
    functions = tuple(replace(function, environment=_without(function, environment)) for function in application.functions)
    outputs = _outputs(functions) | _queue_outputs(application.queue_sources)
    body = json.dumps(application.stack | {"Outputs": {key: {"Value": value} for key, value in outputs.items()}})
    cloudformation = connection.client("cloudformation")
    try:
        _create_or_update(cloudformation, body, parameters or {})
    except (ClientError, WaiterError) as error:
        raise TemplateError(f"The embedded CloudFormation refuses template.yaml: {error}") from error
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    resolved = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    return Deployed(
        functions=tuple(
            _resolve(replaced, resolved, {name: environment[name] for name in function.environment if name in environment})
            for function, replaced in zip(application.functions, functions, strict=True)
        ),
        queues=tuple(
            QueueSettings(
                url=resolved[f"{source.queue}Url"],
                function=source.function,
                batch_size=source.batch_size,
                max_concurrency=int(resolved[f"{source.queue}Concurrency"]),
            )
            for source in application.queue_sources
        ),
    )


def _without(function: FunctionTemplate, names: Mapping[str, str]) -> dict[str, Any]:
    return {name: value for name, value in function.environment.items() if name not in names}


def _queue_outputs(sources: tuple[QueueSource, ...]) -> dict[str, Any]:
    return {f"{source.queue}Url": {"Ref": source.queue} for source in sources} | {
        f"{source.queue}Concurrency": source.max_concurrency for source in sources
    }


def _create_or_update(cloudformation: Any, body: str, parameters: Mapping[str, str]) -> None:
    given = {"Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]}
    stacks = {
        stack["StackName"] for stack in cloudformation.list_stacks()["StackSummaries"] if stack["StackStatus"] != "DELETE_COMPLETE"
    }
    if STACK_NAME not in stacks:
        cloudformation.create_stack(StackName=STACK_NAME, TemplateBody=body, **given)
        _wait(cloudformation, "stack_create_complete")
        return
    try:
        cloudformation.update_stack(StackName=STACK_NAME, TemplateBody=body, **given)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise
    else:
        _wait(cloudformation, "stack_update_complete")


def _wait(cloudformation: Any, state: str) -> None:
    cloudformation.get_waiter(state).wait(StackName=STACK_NAME, WaiterConfig={"Delay": 0.2, "MaxAttempts": 150})


def _output_key(function: FunctionTemplate, name: str) -> str:
    """CloudFormation allows letters and digits only."""
    return function.logical_id + "".join(part.capitalize() for part in name.split("_"))


def _outputs(functions: tuple[FunctionTemplate, ...]) -> dict[str, Any]:
    outputs: dict[str, Any] = {}
    for function in functions:
        values = {"timeout": function.timeout, "memory": function.memory_mib} | {
            f"env_{name}": value for name, value in function.environment.items()
        }
        outputs |= {_output_key(function, name): value for name, value in values.items()}
    return outputs


def _resolve(function: FunctionTemplate, resolved: Mapping[str, str], more: Mapping[str, str]) -> FunctionSettings:
    return FunctionSettings(
        name=function.logical_id,
        handler=function.handler,
        folder=function.folder,
        timeout_s=int(resolved[_output_key(function, "timeout")]),
        memory_mib=int(resolved[_output_key(function, "memory")]),
        environment={name: resolved[_output_key(function, f"env_{name}")] for name in function.environment} | dict(more),
    )
