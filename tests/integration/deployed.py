"""template.yaml as CloudFormation would resolve it: names, ARNs, each function's environment, and what its role allows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.template import _translate

ROOT = Path(__file__).parents[2]
REGION, ACCOUNT = "us-east-1", "123456789012"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}
ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::Lambda::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
}


class Absent:
    """`AWS::NoValue`."""


@dataclass(frozen=True)
class Grant:
    """One action on one resource, and the partition keys that a condition leaves of it; `owner` is the statement's Sid."""

    action: str
    resource: str
    leading_keys: tuple[str, ...]
    owner: str

    def covers(self, action: str, resource: str, leading_key: str | None) -> bool:
        keys = not self.leading_keys or any(fnmatchcase(leading_key or "", pattern) for pattern in self.leading_keys)
        return action == self.action and fnmatchcase(resource, self.resource) and keys


@cache
def translated() -> dict[str, Any]:
    return _translate(ROOT / "template.yaml")


@dataclass(frozen=True)
class Deployed:
    """`stack`: what every name begins with; another each time, since moto's AWS is one for all tests of a run."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    stack: str = field(default_factory=lambda: f"cutout-{uuid4().hex[:8]}")

    @property
    def template(self) -> dict[str, Any]:
        return translated()

    @property
    def resources(self) -> dict[str, Any]:
        return self.template["Resources"]

    def of_type(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, resource in self.resources.items():
            if resource["Type"] == kind:
                yield name, self.resolve(resource["Properties"])

    def name(self, logical_id: str) -> str:
        return f"{self.stack}-{logical_id.lower()}"

    def queue_url(self, logical_id: str) -> str:
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.name(logical_id)}"

    def environment(self, function: str) -> dict[str, str]:
        return {
            **{name: str(value) for name, value in self.functions[function]["Environment"]["Variables"].items()},
            "AWS_REGION": REGION,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.functions[function]["MemorySize"]),
        }

    @cached_property
    def functions(self) -> dict[str, Any]:
        return dict(self.of_type("AWS::Lambda::Function"))

    def document(self, function: str) -> dict[str, Any]:
        """The only policy of the function's role."""
        role = self.resources[self._role(function)]["Properties"]
        assert "ManagedPolicyArns" not in role
        (policy,) = self.resolve(role["Policies"])
        return policy["PolicyDocument"]  # type: ignore[no-any-return]

    def grants(self, function: str) -> set[Grant]:
        found = set()
        for statement in self.document(function)["Statement"]:
            assert statement["Effect"] == "Allow"
            keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
            # One grant for each key, so that each has to be of use.
            for leading_keys in [(key,) for key in keys] or [()]:
                found |= {
                    Grant(action, resource, leading_keys, statement["Sid"])
                    for action in _listed(statement["Action"])
                    for resource in _listed(statement["Resource"])
                }
        return found

    def calls_of_aws_itself(self, function: str) -> set[tuple[str, str]]:
        """What Lambda does in the function's name: its log, and the queues that it polls for it."""
        log = ARNS["AWS::Logs::LogGroup"].format(self.functions[function]["LoggingConfig"]["LogGroup"])
        calls = {(f"logs:{action}", log) for action in ("CreateLogStream", "PutLogEvents")}
        for _, source in self.of_type("AWS::Lambda::EventSourceMapping"):
            if source["FunctionName"] == self.name(function):
                actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
                calls |= {(f"sqs:{action}", source["EventSourceArn"]) for action in actions}
        return calls

    def _role(self, function: str) -> str:
        return str(self.resources[function]["Properties"]["Role"]["Fn::GetAtt"][0])

    def resolve(self, value: Any) -> Any:  # noqa: C901, PLR0911, PLR0912 (one line for each of CloudFormation's functions)
        match value:
            case {"Ref": "AWS::NoValue"}:
                return Absent
            case {"Ref": name}:
                return self._ref(name)
            case {"Fn::GetAtt": [name, attribute]}:
                return self._attribute(name, attribute)
            case {"Fn::GetAtt": str(path)}:
                return self._attribute(*path.split(".", 1))
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._substitute(found[1]), text)
            case {"Fn::If": [condition, true, false]}:
                return self.resolve(true if self.resolve(self.template["Conditions"][condition]) else false)
            case {"Fn::Equals": [one, other]}:
                return str(self.resolve(one)) == str(self.resolve(other))
            case {"Fn::Not": [condition]}:
                return not self.resolve(condition)
            case {"Fn::And": conditions}:
                return all(self.resolve(condition) for condition in conditions)
            case {"Condition": str(name)} if len(value) == 1:
                return self.resolve(self.template["Conditions"][name])
            case {"Fn::Join": [separator, parts]}:
                return separator.join(str(self.resolve(part)) for part in parts)
            case dict():
                return {name: found for name, inner in value.items() if (found := self.resolve(inner)) is not Absent}
            case list():
                return [found for inner in value if (found := self.resolve(inner)) is not Absent]
            case _:
                return value

    def _ref(self, name: str) -> Any:
        if name == "AWS::StackName":
            return self.stack
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.template["Parameters"]:
            return self.parameters.get(name, self.template["Parameters"][name]["Default"])
        return self.queue_url(name) if self.resources[name]["Type"] == "AWS::SQS::Queue" else self.name(name)

    def _attribute(self, name: str, attribute: str) -> str:
        kind = self.resources[name]["Type"]
        if attribute == "Arn" and kind in ARNS:
            return ARNS[kind].format(self.name(name))
        return f"https://{self.name(name)}.example" if attribute == "ApiEndpoint" else f"{self.name(name)}-{attribute}"

    def _substitute(self, path: str) -> str:
        name, _, attribute = path.partition(".")
        return str(self._attribute(name, attribute) if attribute else self._ref(name))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value
