"""The two that are compared: a function in a container, and one picture through it, from S3 to S3."""

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from uuid import uuid4

from local.docker.container import Container, container
from local.docker.engine import Engine
from local.events import ACCOUNT, function_of
from local.invoke import has_failed
from local.scene import ROOT, Scene
from local.stack import FunctionSettings

TIMEOUT_S: Final = 120
_URL_TTL_S: Final = 3600


class NotDone(Exception):
    """The function didn't do it; the message has its answer."""


class Subject(Protocol):
    def start(self, memory_mib: int, processors: float | None = None) -> AbstractContextManager[Container]:
        """A container of it."""
        ...

    def prepare(self, picture: bytes, *, matting: bool = False) -> bytes:
        """The event of a picture, which is in S3 by then."""
        ...

    def check(self, answer: str) -> None:
        """Raises NotDone unless the answer says that it was done."""
        ...


@dataclass(frozen=True, slots=True)
class Ours:
    """The function of the drop box, with everything that belongs to it: claim, charge, result."""

    engine: Engine
    image: str
    stack: Scene

    def start(self, memory_mib: int, processors: float | None = None) -> AbstractContextManager[Container]:
        event = json.loads((ROOT / "events/s3-upload.json").read_text("utf-8"))
        settings = replace(self.stack.functions[function_of(event, self.stack.application)], timeout_s=TIMEOUT_S)
        return container(self.engine, self.image, settings, memory_mib=memory_mib, processors=processors)

    def prepare(self, picture: bytes, *, matting: bool = False) -> bytes:
        key = f"uploads/{ACCOUNT}/{uuid4()}.jpg"
        self.stack.connection.client("s3").put_object(
            Bucket=self.stack.bucket, Key=key, Body=picture, Metadata={"alpha-matting": "true"} if matting else {}
        )
        event = json.loads((ROOT / "events/s3-upload.json").read_text("utf-8"))
        (message,) = event["Records"]
        body = {"Records": [{"s3": {"bucket": {"name": self.stack.bucket}, "object": {"key": key, "size": len(picture)}}}]}
        return json.dumps(event | {"Records": [message | {"body": json.dumps(body)}]}).encode()

    def check(self, answer: str) -> None:
        if has_failed(answer) or json.loads(answer)["batchItemFailures"]:
            raise NotDone(answer[:500])


@dataclass(frozen=True, slots=True)
class Rembg:
    """`rembg.remove` behind a handler of its own."""

    engine: Engine
    image: str
    stack: Scene
    address: str

    def start(self, memory_mib: int, processors: float | None = None) -> AbstractContextManager[Container]:
        environment = {"HOME": "/tmp"}  # noqa: S108 - the container's
        settings = FunctionSettings("Rembg", "handler.handle", ROOT, TIMEOUT_S, memory_mib, environment)
        return container(self.engine, self.image, settings, memory_mib=memory_mib, processors=processors)

    def prepare(self, picture: bytes, *, matting: bool = False) -> bytes:
        s3 = replace(
            self.stack.connection, endpoint_url=f"http://{self.address}:{self.stack.port}"
        ).client("s3")  # fmt: skip
        key = f"rembg/{uuid4()}"
        self.stack.connection.client("s3").put_object(Bucket=self.stack.bucket, Key=f"{key}.jpg", Body=picture)
        urls = {
            name: s3.generate_presigned_url(method, {"Bucket": self.stack.bucket, "Key": key + ending}, _URL_TTL_S)
            for name, method, ending in (("source", "get_object", ".jpg"), ("target", "put_object", ".png"))
        }
        event: dict[str, Any] = urls | {"matting": matting}
        return json.dumps(event).encode()

    def check(self, answer: str) -> None:
        if answer != '"done"':
            raise NotDone(answer[:500])
