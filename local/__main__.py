"""`python -m local`: see the package's docstring. `make run` installs what it needs first."""

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import IO, Final

from local import aws, demo
from local.children import GRACE_S, Children
from local.function import Function
from local.http_api import HttpApi
from local.queues import Poller
from local.schedules import Timer
from local.server import Server
from local.stack import Connection, Deployed, deploy
from local.template import TemplateError, load
from local.websocket_api import WebSocketApi

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURE: Final = "docs/images/astronaut.jpg"


class StartError(Exception):
    """It can't be started; the message is for the one who tried."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    parent = os.getppid()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    try:
        _check_free("PORT", options.port)
        with _only_one(options.state) as lock, Children(lock) as children:
            return _run(options, children, stop, parent)
    except (StartError, TemplateError, aws.AwsError) as error:
        print(error, file=sys.stderr)
        return 1


def _run(options: argparse.Namespace, children: Children, stop: Event, parent: int) -> int:
    _check_free("AWS_PORT", options.aws_port)
    connection = Connection(f"http://127.0.0.1:{options.aws_port}")
    process = aws.start(options.ministack, options.aws_port, options.state, children, stop)
    if stop.is_set():
        return 0
    application = load(options.template)
    # All that differs from the cloud, but for S3, which has an address that isn't public: see `_functions`.
    here = {
        "MODEL_DIR": str(options.models),
        "DOCUMENTATION_URL": f"http://127.0.0.1:{options.port}/docs/errors",
        "WEBSOCKET_ENDPOINT": f"http://127.0.0.1:{options.port}/{application.socket_api.stage if application.socket_api else ''}",
    }
    deployed = deploy(application, connection, here, dict(options.parameter))
    functions = _functions(options, deployed, connection, children)
    sockets = WebSocketApi(application.socket_api, functions) if application.socket_api else None
    server = _serve(options.port, HttpApi(application.routes, functions), sockets)
    try:
        for queue in deployed.queues:
            Poller(queue, functions[queue.function], connection, options.workers, stop).start()
        for schedule in application.schedules:
            Timer(schedule, functions[schedule.function], connection.region, stop).start()
        _introduce(server, deployed.functions[0].environment, connection, options.state)
        while not stop.wait(0.5):
            if process.poll() is not None:
                raise aws.AwsError(f"The embedded AWS has ended. Its log: {options.state}/aws.log")
            if options.stop_with_parent and os.getppid() != parent:
                break
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
    print("Stopping.", flush=True)
    return 0


def _functions(options: argparse.Namespace, deployed: Deployed, connection: Connection, children: Children) -> dict[str, Function]:
    more = connection.environment | {"FETCH_ALLOW_HOSTS": ",".join([f"127.0.0.1:{options.aws_port}", *options.allow_host])}
    return {
        function.name: Function(
            replace(function, environment=function.environment | more),
            children,
            options.state / f"{function.name}.log",
            options.workers,
        )
        for function in deployed.functions
    }


def _serve(port: int, api: HttpApi, sockets: WebSocketApi | None) -> Server:
    try:
        server = Server(port, api, sockets)
    except OSError as error:
        raise StartError(_busy("PORT", port)) from error
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server


def _introduce(server: Server, environment: Mapping[str, str], connection: Connection, state: Path) -> None:
    from cutout.adapters.dynamodb.table import Table

    file = state / "demo.env"
    table = Table(connection.client("dynamodb"), environment["TABLE_NAME"])
    url = f"http://127.0.0.1:{server.server_port}/v1"
    key = demo.ensure_key(table, demo.read_environment(file).get("CUTOUT_KEY"))
    places = {name: environment[name] for name in ("BUCKET_NAME", "TABLE_NAME")}
    sockets = {"CUTOUT_WEBSOCKET_URL": url.replace("http", "ws", 1)} if server.sockets else {}
    demo.write_environment(file, {"CUTOUT_URL": url, **sockets, "CUTOUT_KEY": key, **connection.environment, **places})
    print(f"\nReady at {url}. Try it, from this folder:\n\n{demo.command(url, key, PICTURE)}\n", flush=True)
    print(f"It leaves cutout.png. So does a file that is dropped into the bucket:\n\n{demo.drop_command(PICTURE)}\n", flush=True)
    for address in sockets.values():
        print(f"WebSocket clients connect to {address}.\n", flush=True)
    print(f"Names and keys are in {_relative(file)}; the data are kept there too. Ctrl-C stops.\n", flush=True)


def _relative(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _check_free(name: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StartError(_busy(name, port)) from error


def _busy(name: str, port: int) -> str:
    return f"Port {port} of 127.0.0.1 is in use. Choose another: make run {name}={port + 1}"


@contextlib.contextmanager
def _only_one(state: Path) -> Iterator[IO[str]]:
    """Two at once would write over each other's state. One that is just ending gets the time it needs."""
    state.mkdir(parents=True, exist_ok=True)
    with (state / "lock").open("w") as lock:
        end = time.monotonic() + GRACE_S + 1
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise StartError(f"Another `make run` is at work with {_relative(state)}. Stop that one first.") from None
                time.sleep(0.1)
        yield lock


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("NAME=VALUE is meant")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local", description="Run the product on this machine.")
    parser.add_argument("--port", type=int, default=8080, help="of the HTTP API (%(default)s)")
    parser.add_argument("--aws-port", type=int, default=4566, help="of the embedded AWS (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="invocations of a function that may run at once (%(default)s)")
    parser.add_argument("--template", type=Path, default=ROOT / "template.yaml", help=argparse.SUPPRESS)
    parser.add_argument("--state", type=Path, default=ROOT / ".local", help="folder for state and logs (%(default)s)")
    parser.add_argument("--models", type=Path, default=ROOT / ".models", help="folder of the models (%(default)s)")
    parser.add_argument("--ministack", type=Path, default=ROOT / ".venv-ministack/bin/ministack", help=argparse.SUPPRESS)
    parser.add_argument(
        "--parameter", type=_parameter, action="append", default=[], metavar="NAME=VALUE", help="of template.yaml; may be repeated"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST:PORT",
        help="of this machine, from which images may be fetched and to which results may be sent; may be repeated",
    )
    parser.add_argument("--stop-with-parent", action="store_true", help="end when the program that started this one has ended")
    return parser


if __name__ == "__main__":
    sys.exit(main())
