"""A Docker engine: the one that answers here, or one of our own that leaves the machine as it found it.

Ours has its own folder and socket, and touches neither the firewall nor the routing of the machine: containers reach this machine and
nothing else, and a build has the machine's own network.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from local.children import Children

START_LIMIT_S: Final = 30.0
_ANSWER_LIMIT_S: Final = 10.0
_PACKAGES: Final = ("docker.io", "debootstrap")
_BRIDGE: Final = "docker0"


class NoEngine(Exception):
    """There is no Docker engine, and none can be started; the message says why."""


class DockerError(Exception):
    """A docker command failed; the message has the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How to reach a Docker engine. `own`: it was started for us, and ends with us."""

    environment: Mapping[str, str]
    own: bool

    def run(self, *arguments: str | Path, timeout_s: float = 600) -> str:
        """The output of a `docker` command.

        Raises:
            DockerError: it failed, or took longer than `timeout_s`.
        """
        try:
            done = subprocess.run(
                ["docker", *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout_s, check=False
            )
        except subprocess.TimeoutExpired:
            raise DockerError(f"docker {arguments[0]} hasn't ended within {timeout_s:.0f} s") from None
        if done.returncode:
            raise DockerError(f"docker {arguments[0]}: {_end_of(done.stdout + done.stderr)}")
        return done.stdout.strip()

    def start(self, *arguments: str | Path, output: IO[bytes] | int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """A `docker` command that goes on."""
        return subprocess.Popen(["docker", *arguments], env=self.environment, stdout=output, stderr=subprocess.STDOUT)


def found() -> Engine | None:
    """The machine's own engine, as the docker command knows it, if it answers."""
    # The classic builder: BuildKit needs a plug-in that not every machine has, and a network for the frontend of a Dockerfile.
    engine = Engine({**os.environ, "DOCKER_BUILDKIT": "0"}, own=False)
    try:
        engine.run("version", "--format", "{{.Server.Version}}", timeout_s=_ANSWER_LIMIT_S)
    except (DockerError, OSError):
        return None
    return engine


@contextlib.contextmanager
def own(*, may_install: bool) -> Iterator[Engine]:
    """An engine of our own, which is gone afterwards with all its images; for root on Linux.

    Raises:
        NoEngine: it can't be installed or started.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        raise NoEngine("No Docker engine answers here, and only root on Linux can start one.")
    _provide(may_install=may_install)
    bridge_was_there = _has_bridge()
    # Not below a folder of this checkout: a socket's path may have 107 characters only.
    with tempfile.TemporaryDirectory(prefix="cutout-docker-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            with Children() as children:
                engine = _start(folder, children)
                try:
                    yield engine
                finally:
                    _remove_containers(engine)
        finally:
            _unmount_below(folder)
            if not bridge_was_there and _has_bridge():
                subprocess.run(["ip", "link", "delete", _BRIDGE], check=False)


def _provide(*, may_install: bool) -> None:
    missing = [program for program in ("dockerd", "docker", "debootstrap") if not shutil.which(program)]
    if not missing:
        return
    if not may_install or not shutil.which("apt-get"):
        raise NoEngine(f"No Docker engine answers here, and {', '.join(missing)} isn't installed.")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], ["apt-get", "install", "--yes", "--no-install-recommends", *_PACKAGES]):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoEngine(f"{' '.join(command[:2])}: {_end_of(done.stdout + done.stderr)}")


def _start(folder: Path, children: Children) -> Engine:
    log = folder / "log"
    command = [
        shutil.which("dockerd") or "dockerd",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/pid",
        f"--host=unix://{folder}/socket",
        # The firewall and the routing stay as they are.
        "--iptables=false",
        "--ip-forward=false",
        "--ip-masq=false",
    ]
    with log.open("wb") as output:
        daemon = children.start(command, environment=dict(os.environ), output=output)
    engine = Engine({**os.environ, "DOCKER_HOST": f"unix://{folder}/socket", "DOCKER_BUILDKIT": "0"}, own=True)
    end = time.monotonic() + START_LIMIT_S
    while True:
        with contextlib.suppress(DockerError):
            engine.run("version", "--format", "{{.Server.Version}}", timeout_s=_ANSWER_LIMIT_S)
            return engine
        if daemon.poll() is not None or time.monotonic() > end:
            raise NoEngine(f"dockerd doesn't start: {_end_of(log.read_text(errors='replace'))}")
        time.sleep(0.1)


def _remove_containers(engine: Engine) -> None:
    with contextlib.suppress(DockerError):
        if left := engine.run("ps", "--all", "--quiet").split():
            engine.run("rm", "--force", *left)


def _has_bridge() -> bool:
    return Path(f"/sys/class/net/{_BRIDGE}").exists()


def _unmount_below(folder: Path) -> None:
    """What a daemon that was killed has left mounted, the innermost first."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=False)


def _end_of(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-12:])
