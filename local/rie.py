"""AWS's Runtime Interface Emulator: a function as on Lambda, on this machine, without Docker.

It drives AWS's own runtime client, the one that runs on Lambda, and ends what takes too long. Where bubblewrap is installed the function
sees the disk read-only and a /tmp of its own, as on Lambda. The emulator is the one that comes with AWS's SAM command line.
"""

import platform
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from local.children import Children
from local.function import worker_environment
from local.stack import FunctionSettings

ROOT: Final = Path(__file__).resolve().parent.parent
SAM: Final = ROOT / ".venv-sam"
INVOKE_PATH: Final = "/2015-03-31/functions/function/invocations"
_TMP: Final = "/tmp"  # noqa: S108 - Lambda's, where a function may write
_START_LIMIT_S: Final = 5.0
_PATIENCE_S: Final = 15.0
"""Beyond the function's time-out: its initialisation counts before, and the emulator's clean-up after."""


class EmulatorError(Exception):
    """The emulator isn't there, or has ended; the message is for the one who tried."""


def emulator() -> Path:
    """The emulator's program for this processor.

    Raises:
        EmulatorError: AWS's SAM command line isn't installed.
    """
    kind = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    found = sorted(SAM.glob(f"lib/python*/site-packages/samcli/local/rapid/aws-lambda-rie-{kind}"))
    if not found:
        raise EmulatorError(f"{SAM.name} isn't there. `make setup` installs it.")
    return found[0]


def invoke(settings: FunctionSettings, event: bytes, children: Children, log: IO[bytes] | None = None) -> bytes:
    """The function's answer to one event, from a fresh start. `log` takes what it prints; None: stderr does.

    Raises:
        EmulatorError: the emulator doesn't start, or has ended without an answer.
    """
    port, runtime_port = _free_port(), _free_port()
    environment = worker_environment(settings, f"127.0.0.1:{runtime_port}")
    environment["AWS_LAMBDA_FUNCTION_TIMEOUT"] = str(settings.timeout_s)
    command = [
        *read_only(),
        str(emulator()),
        "--runtime-interface-emulator-address",
        f"127.0.0.1:{port}",
        "--runtime-api-address",
        f"127.0.0.1:{runtime_port}",
        sys.executable,
        "-m",
        "awslambdaric",
        settings.handler,
    ]
    process = children.start(command, environment=environment, folder=settings.folder, output=log or sys.stderr.buffer)
    try:
        _wait_until_open(port)
        return post(f"http://127.0.0.1:{port}{INVOKE_PATH}", event, settings.timeout_s + _PATIENCE_S)
    finally:
        children.kill(process)


def read_only() -> Sequence[str]:
    """The beginning of a command line that gives what follows a read-only disk with a /tmp of its own; empty without bubblewrap."""
    bubblewrap = shutil.which("bwrap")
    if not bubblewrap:
        return []
    command = [bubblewrap, "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", _TMP]
    # A namespace of its own ends all at once: a runtime client that outlives its emulator complains at length.
    command += ["--unshare-pid", "--die-with-parent"]
    for place in (ROOT, SAM.resolve(), Path(sys.prefix).resolve(), Path(sys.base_prefix)):
        if place.is_relative_to(_TMP):  # a checkout that lies there itself
            command += ["--ro-bind", str(place), str(place)]
    return command


def post(url: str, event: bytes, timeout_s: float) -> bytes:
    """An emulator's answer to an event. It answers 200 also where the function failed, and names the failure in the body.

    Raises:
        EmulatorError: there is none.
    """
    # No proxy between two processes of one machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, event), timeout=timeout_s) as response:
            return bytes(response.read())
    except urllib.error.HTTPError as error:
        return bytes(error.read())
    except (urllib.error.URLError, OSError) as error:
        raise EmulatorError(f"The emulator gives no answer: {error}") from error


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _wait_until_open(port: int) -> None:
    end = time.monotonic() + _START_LIMIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise EmulatorError("The emulator doesn't start.") from None
            time.sleep(0.01)
        else:
            return
