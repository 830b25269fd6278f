"""Notes what each AWS call needs: the IAM action and the resource, by botocore's own events.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse

from cutout.adapters import aws
from tests.integration.deployed import ACCOUNT, REGION

PARTS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


@dataclass(frozen=True)
class Call:
    """`leading_key`: the partition key, of DynamoDB's actions on the table itself."""

    action: str
    resource: str
    leading_key: str | None = None


@dataclass
class Recorder:
    """`current`: the function that is at work; what is called while none is isn't noted. `gone`: connections that have ended."""

    current: str | None = None
    calls: dict[str, set[Call]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def note(self, calls: set[Call]) -> None:
        if self.current:
            self.calls.setdefault(self.current, set()).update(calls)

    def asked(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """Of every call, and of every URL that is signed: whoever has it does with it what the signer may."""
        if not self.current:
            return
        context["asked"] = params
        match model.service_model.service_name:
            case "dynamodb":
                self.note(set(_on_table(model.name, params)))
            case "s3":
                self.note(set(_on_bucket(model.name, params)))
            case "sqs":
                queue = urlsplit(params["QueueUrl"]).path.rpartition("/")[2]
                self.note({Call(f"sqs:{model.name}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}")})
            case "apigatewaymanagementapi":
                pass  # its address is only known when it is sent
            case other:
                raise AssertionError(f"{other} is called, and this recorder doesn't know what that needs")

    def answered(self, http_response: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        """S3 says that an object is missing only to those who may list; to others it says 403."""
        if "asked" in context and http_response.status_code == HTTPStatus.NOT_FOUND and model.name in {"GetObject", "HeadObject"}:
            self.note({Call("s3:ListBucket", f"arn:aws:s3:::{context['asked']['Bucket']}")})

    def signed(self, request: Any, operation_name: str, **_: Any) -> None:
        """Forms for uploads: they are no call, and have no event of their own but the signer's."""
        form = request.context.get("s3-presign-post-fields")
        if form:
            bucket = urlsplit(request.url).netloc.partition(".")[0]
            self.note({Call(f"s3:{operation_name}", f"arn:aws:s3:::{bucket}/{form['key']}")})

    def sent(self, request: Any, **_: Any) -> AWSResponse:
        """API Gateway's management API, which moto plays without a stage."""
        url = urlsplit(request.url)
        api = url.netloc.partition(".")[0]
        stage, _, path = url.path.removeprefix("/").partition("/")
        path = path.replace("%40", "@")
        resource = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/{stage}/{request.method}/{path}"
        self.note({Call("execute-api:ManageConnections", resource)})
        gone = path.rpartition("/")[2] in self.gone
        headers = {"x-amzn-errortype": "GoneException"} if gone else {}
        return AWSResponse(request.url, HTTPStatus.GONE if gone else HTTPStatus.OK, headers, _Nothing())


class _Nothing:
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield b"{}"


@contextmanager
def recording() -> Iterator[Recorder]:
    """Every client that is made meanwhile is watched."""
    recorder = Recorder()
    events = aws._session()._session.get_component("event_emitter")
    hooks = {
        "provide-client-params": recorder.asked,
        "after-call.s3": recorder.answered,
        "before-sign.s3": recorder.signed,
        "before-send.apigatewaymanagementapi": recorder.sent,
    }
    for event, hook in hooks.items():
        events.register(event, hook)
    aws.client.cache_clear()  # type: ignore[attr-defined]
    try:
        yield recorder
    finally:
        for event, hook in hooks.items():
            events.unregister(event, hook)
        aws.client.cache_clear()  # type: ignore[attr-defined]


def _on_table(operation: str, params: dict[str, Any]) -> Iterator[Call]:
    if operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            for kind, body in action.items():
                yield from _on_table(PARTS[kind], body)
        return
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{params['TableName']}"
    if "IndexName" in params:
        yield Call(f"dynamodb:{operation}", f"{table}/index/{params['IndexName']}")
        return
    key = params.get("Key") or params.get("Item") or {"pk": params.get("ExpressionAttributeValues", {}).get(":pk")}
    yield Call(f"dynamodb:{operation}", table, key["pk"]["S"])


def _on_bucket(operation: str, params: dict[str, Any]) -> Iterator[Call]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    match operation:
        case "DeleteObjects":
            for item in params["Delete"]["Objects"]:
                yield Call("s3:DeleteObject", f"{bucket}/{item['Key']}")
        case "HeadObject" | "GetObject":
            yield Call("s3:GetObjectVersion" if params.get("VersionId") else "s3:GetObject", f"{bucket}/{params['Key']}")
        case "PutObject" | "DeleteObject":
            yield Call(f"s3:{operation}", f"{bucket}/{params['Key']}")
        case "CreateBucket":
            return  # how botocore finds the bucket's address for a form; nothing is sent
        case _:
            raise AssertionError(f"s3 {operation} is called, and this recorder doesn't know what that needs")
