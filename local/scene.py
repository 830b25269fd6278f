"""The local stack without its HTTP front, for single invocations: `make run`'s where that is going, else one that is gone afterwards."""

import contextlib
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from cutout.adapters.dynamodb.book import DynamoAccountBook
from cutout.adapters.dynamodb.table import Table
from cutout.domain.accounts import Account
from cutout.service.book import AccountExists
from local import aws, demo
from local.children import Children
from local.events import ACCOUNT, fitted, objects_of
from local.stack import Connection, FunctionSettings, deploy
from local.template import Application, load

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = ROOT / "docs/images/astronaut.jpg"


@dataclass(frozen=True, slots=True)
class Scene:
    """An embedded AWS with the template's resources, an account with a key, and the functions' settings, resolved."""

    application: Application
    connection: Connection
    functions: Mapping[str, FunctionSettings]
    bucket: str
    table: str
    key: str

    def fit(self, text: str) -> Any:
        """An event's text, made to fit: its names are this stack's, and the objects that it speaks of are there.

        Raises:
            EventError: it isn't JSON.
        """
        event = fitted(text, self.bucket, self.key)
        s3 = self.connection.client("s3")
        for bucket, key in objects_of(event):
            with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
                s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key=key, Body=PICTURE.read_bytes())
        return event

    def seen_from(self, address: str, model_dir: str) -> "Scene":
        """The same scene as a container sees it, where this machine's 127.0.0.1 has another address."""
        here = f"//127.0.0.1:{self.port}"
        there = f"//{address}:{self.port}"
        more = {"MODEL_DIR": model_dir, "FETCH_ALLOW_HOSTS": f"{address}:{self.port}"}
        functions = {
            name: replace(
                settings,
                environment={
                    name: value.replace(here, there)
                    for name, value in (settings.environment | {n: v for n, v in more.items() if n in settings.environment}).items()
                },
            )
            for name, settings in self.functions.items()
        }
        return replace(self, functions=functions)

    @property
    def port(self) -> int:
        """The embedded AWS's, on 127.0.0.1."""
        return int(self.connection.endpoint_url.rpartition(":")[2])


@contextlib.contextmanager
def scene(state: Path, children: Children) -> Iterator[Scene]:
    """The stack of the `make run` that keeps its state in that folder, if it is going; else a fresh one.

    Raises:
        AwsError, TemplateError: it can't be started.
    """
    going = _going(state)
    if going:
        yield _set(going)
        return
    with TemporaryDirectory(prefix="cutout-aws-") as name:
        port = _free_port()
        process = aws.start(ROOT / ".venv-ministack/bin/ministack", port, Path(name), children, Event())
        try:
            yield _set(Connection(f"http://127.0.0.1:{port}"))
        finally:
            children.stop(process)


def _going(state: Path) -> Connection | None:
    endpoint = demo.read_environment(state / "demo.env").get("AWS_ENDPOINT_URL")
    if not endpoint:
        return None
    connection = Connection(endpoint)
    try:
        connection.client("s3").list_buckets()
    except (BotoCoreError, ClientError):
        return None
    return connection


def _set(connection: Connection) -> Scene:
    application = load(ROOT / "template.yaml")
    nowhere = "http://127.0.0.1:9"  # the discard port: nothing listens
    here = {
        "MODEL_DIR": str(ROOT / ".models"),
        "DOCUMENTATION_URL": f"{nowhere}/docs/errors",
        "WEBSOCKET_ENDPOINT": nowhere,
    }
    deployed = deploy(application, connection, here)
    more = connection.environment | {"FETCH_ALLOW_HOSTS": connection.endpoint_url.rpartition("/")[2]}
    functions = {function.name: replace(function, environment=function.environment | more) for function in deployed.functions}
    names = next(function.environment for function in functions.values() if "BUCKET_NAME" in function.environment)
    table = Table(connection.client("dynamodb"), names["TABLE_NAME"])
    with contextlib.suppress(AccountExists):
        DynamoAccountBook(table).create(Account(ACCOUNT, "The shop"))
    key = demo.ensure_key(table, None)
    return Scene(application, connection, functions, names["BUCKET_NAME"], names["TABLE_NAME"], key)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
