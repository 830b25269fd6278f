"""AWS's SAM command line: `sam build` and `sam local invoke`, against the local stack."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from local.relay import relay
from local.rie import SAM
from local.stack import FunctionSettings

ROOT: Final = Path(__file__).resolve().parent.parent
BUILT: Final = ROOT / ".aws-sam/build"
_LIMIT_S: Final = 300.0


class SamError(Exception):
    """SAM failed, or there is nothing built; the message has the end of what it printed."""


def build(environment: Mapping[str, str]) -> None:
    """`sam build`; what it prints goes where this program's output goes.

    Raises:
        SamError: it failed.
    """
    done = subprocess.run([SAM / "bin/sam", "build"], cwd=ROOT, env=_environment(environment), check=False)
    if done.returncode:
        raise SamError("sam build failed.")


def invoke(settings: FunctionSettings, event: Any, template: Path, environment: Mapping[str, str]) -> tuple[str, str]:
    """`sam local invoke`: the function's answer, and its log.

    Raises:
        SamError: SAM itself failed. A function that fails is an answer.
    """
    command = [str(SAM / "bin/sam"), "local", "invoke", settings.name, f"--template={template}", "--event=-", "--skip-pull-image"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=_environment(environment),
        input=json.dumps(event),
        text=True,
        capture_output=True,
        check=False,
        timeout=settings.timeout_s + _LIMIT_S,
    )
    if done.returncode and not done.stdout.strip():
        raise SamError(done.stderr[-2000:])
    return done.stdout.strip(), done.stderr


def local_template(functions: Mapping[str, FunctionSettings]) -> Path:
    """The built template with the functions' settings resolved, beside it. SAM by itself passes only variables that the template has.

    Raises:
        SamError: nothing has been built.
    """
    from samtranslator.yaml_helper import yaml_parse

    built = BUILT / "template.yaml"
    if not built.is_file():
        raise SamError("Nothing is built yet: `make image`.")
    template = yaml_parse(built.read_text("utf-8"))
    for name, settings in functions.items():
        properties = template["Resources"][name]["Properties"]
        properties["Timeout"], properties["MemorySize"] = settings.timeout_s, settings.memory_mib
        properties["Environment"] = {"Variables": dict(settings.environment)}
    path = BUILT / "local.json"
    path.write_text(json.dumps(template, default=str), "utf-8")
    return path


@contextlib.contextmanager
def reachable(port: int, environment: Mapping[str, str]) -> Iterator[str]:
    """The address at which containers reach this machine's 127.0.0.1:`port`, as long as the `with` block lasts.

    Raises:
        SamError: there is no such address.
    """
    command = ["docker", "network", "inspect", "bridge", "--format={{json (index .IPAM.Config 0)}}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SamError(f"Docker doesn't answer: {done.stderr.strip()}")
    network = json.loads(done.stdout)
    # Older engines don't write down that it is the first.
    address = network.get("Gateway") or str(next(ip_network(network["Subnet"]).hosts()))
    try:
        with relay(address, port):
            yield address
    except OSError as error:
        raise SamError(f"Containers can't reach this machine at {address}: {error}") from error


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    # Made-up keys: SAM would look for real ones.
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        **environment,
        "SAM_CLI_TELEMETRY": "0",
        "DOCKER_BUILDKIT": environment.get("DOCKER_BUILDKIT", os.environ.get("DOCKER_BUILDKIT", "")),
    }
