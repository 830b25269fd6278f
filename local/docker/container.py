"""A function in a container under Lambda's limits: the disk read-only but for /tmp, so much memory, so much processor, so much time."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from local.docker.engine import DockerError, Engine
from local.rie import INVOKE_PATH, post
from local.stack import FunctionSettings

MIB_PER_PROCESSOR: Final = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
_START_LIMIT_S: Final = 20.0
_PATIENCE_S: Final = 60.0
_INIT = re.compile(r"INIT REPORT\(durationMs: ([\d.]+)\)")


@dataclass(frozen=True, slots=True)
class Container:
    """A container that runs, and where its emulator listens."""

    engine: Engine
    name: str
    settings: FunctionSettings
    port: int

    def invoke(self, event: bytes) -> str:
        """The function's answer; the first call starts the function."""
        url = f"http://127.0.0.1:{self.port}{INVOKE_PATH}"
        return post(url, event, self.settings.timeout_s + _PATIENCE_S).decode()

    def log(self) -> str:
        """What the function and the emulator have printed."""
        # Both streams; `Engine.run` keeps one.
        with self.engine.start("logs", self.name, output=-1) as logs:
            return logs.communicate()[0].decode(errors="replace")

    def init_ms(self) -> float | None:
        """How long the function's start took, as the emulator has it; None: it hasn't said."""
        found = _INIT.search(self.log())
        return float(found[1]) if found else None

    def give_processors(self, count: float) -> None:
        """Another limit from now on."""
        self.engine.run("update", f"--cpus={count:.3f}", self.name)

    def stop(self, grace_s: int = 10) -> tuple[float, int]:
        """SIGTERM, and after so long SIGKILL: how many seconds it took to end, and its exit status."""
        start = time.monotonic()
        self.engine.run("stop", f"--time={grace_s}", self.name)
        took = time.monotonic() - start
        return took, int(self.engine.run("inspect", "--format={{.State.ExitCode}}", self.name))


@contextlib.contextmanager
def container(
    engine: Engine, image: str, settings: FunctionSettings, *, memory_mib: int | None = None, processors: float | None = None
) -> Iterator[Container]:
    """A container with the function, at its own memory and the processor that comes with that, unless told otherwise.

    Raises:
        DockerError: it doesn't start.
    """
    memory = memory_mib or settings.memory_mib
    share = processors or memory / MIB_PER_PROCESSOR
    variables = settings.environment | {
        "AWS_LAMBDA_FUNCTION_NAME": settings.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(settings.timeout_s),
    }
    name = engine.run(
        "run",
        "--detach",
        "--read-only",
        "--tmpfs=/tmp",
        f"--memory={memory}m",
        f"--memory-swap={memory}m",  # none of it on disk
        f"--cpus={min(share, _processors(engine)):.3f}",
        "--publish=127.0.0.1::8080",
        *(f"--env={key}={value}" for key, value in variables.items()),
        image,
        settings.handler,
    )
    try:
        port = int(engine.run("port", name, "8080/tcp").splitlines()[0].rpartition(":")[2])
        _wait_until_open(port)
        yield Container(engine, name, replace(settings, memory_mib=memory), port)
    finally:
        engine.run("rm", "--force", name)


def _processors(engine: Engine) -> int:
    return int(engine.run("info", "--format={{.NCPU}}"))


def _wait_until_open(port: int) -> None:
    end = time.monotonic() + _START_LIMIT_S
    while True:
        try:
            # Docker's own proxy listens at once, and hangs up until the emulator does.
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.settimeout(0.2)
                if probe.recv(1):
                    return
        except TimeoutError:
            return
        except OSError:
            pass
        if time.monotonic() > end:
            raise DockerError("The emulator in the container doesn't start.")
        time.sleep(0.02)
