"""AWS's base image for Python functions, or a stand-in where it can't be had: Debian with the same folders and entry point."""

import contextlib
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from local.docker.engine import DockerError, Engine, NoEngine
from local.rie import emulator

ROOT: Final = Path(__file__).resolve().parents[2]
AWS_BASE: Final = "public.ecr.aws/lambda/python:3.13"
STAND_IN: Final = "cutout-base:debian"
"""The name says what it is: nothing that is measured on it is taken for AWS's."""
_DEBIAN: Final = "cutout-debian:bookworm"
_SUITE: Final = "bookworm"
_RUNTIME: Final = ("awslambdaric", "simplejson", "snapshot-restore-py")
"""The runtime client and what it needs."""
_UNUSED: Final = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_PULL_LIMIT_S: Final = 300.0


def provide(engine: Engine) -> bool:
    """See to it that the engine has the base image under AWS's name: whether it is AWS's own. If not, it is the stand-in.

    Raises:
        NoEngine: neither can be had.
    """
    try:
        known = engine.run("image", "inspect", "--format={{.Id}}", AWS_BASE)
        return known != _identity(engine, STAND_IN)
    except DockerError:
        pass
    if not engine.own:
        with contextlib.suppress(DockerError):
            engine.run("pull", "--quiet", AWS_BASE, timeout_s=_PULL_LIMIT_S)
            return True
    _build_stand_in(engine)
    engine.run("tag", STAND_IN, AWS_BASE)
    return False


def withdraw(engine: Engine) -> None:
    """Take AWS's name from the stand-in again."""
    if _identity(engine, AWS_BASE) == _identity(engine, STAND_IN):
        engine.run("rmi", AWS_BASE)


def _identity(engine: Engine, image: str) -> str | None:
    try:
        return engine.run("image", "inspect", "--format={{.Id}}", image)
    except DockerError:
        return None


def _build_stand_in(engine: Engine) -> None:
    if engine.run("images", "--quiet", STAND_IN):
        return
    if not shutil.which("debootstrap"):
        raise NoEngine(f"{AWS_BASE} can't be pulled, and debootstrap isn't installed, which would build a stand-in.")
    # In memory where there is some: the packages' set-up waits for the disk at every file.
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    with TemporaryDirectory(prefix="cutout-debian-", dir=memory if memory.is_dir() else None) as name:
        _bootstrap(engine, Path(name) / "root")
    with TemporaryDirectory() as name:
        context = Path(name)
        shutil.copytree(ROOT / "local/docker/base", context, dirs_exist_ok=True)
        shutil.copy(emulator(), context / "aws-lambda-rie")
        shutil.copy(ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt", context / "certificates.pem")
        lock = (ROOT / "functions/remove_background/requirements.txt").read_text("utf-8")
        (context / "runtime.txt").write_text(locked(lock, _RUNTIME), "utf-8")
        engine.run("build", "--network=host", f"--build-arg=DEBIAN={_DEBIAN}", f"--tag={STAND_IN}", context)


def _bootstrap(engine: Engine, root: Path) -> None:
    packages = "python3,python3-pip,ca-certificates"
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={packages}", _SUITE, root], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoEngine(f"debootstrap: {done.stdout[-500:]}{done.stderr[-500:]}")
    for folder in _UNUSED:
        shutil.rmtree(root / folder, ignore_errors=True)
    with subprocess.Popen(["tar", "--create", "--numeric-owner", f"--directory={root}", "."], stdout=subprocess.PIPE) as tar:
        subprocess.run(
            ["docker", "import", "-", _DEBIAN], stdin=tar.stdout, env=engine.environment, check=True, capture_output=True
        )


def locked(lock: str, names: Iterable[str]) -> str:
    """Those entries of a lock file, with their hashes."""
    wanted = set(names)
    return "".join(entry[0] for entry in re.finditer(r"^(\S+?)==(?:.*\\\n)*.*\n", lock, re.MULTILINE) if entry[1] in wanted)
