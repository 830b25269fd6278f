"""The embedded AWS: MiniStack, in a process and an environment of its own, listening on 127.0.0.1 only."""

import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from threading import Event
from typing import Final

from local.children import Children

SERVICES: Final = ("cloudformation", "dynamodb", "s3", "sqs")
START_LIMIT_S: Final = 60.0


class AwsError(Exception):
    """The embedded AWS doesn't start."""


def start(program: Path, port: int, folder: Path, children: Children, stop: Event) -> subprocess.Popen[bytes]:
    """Start it and wait until it answers, or until `stop`. It keeps its state, and its log, in `folder`.

    Raises:
        AwsError: it isn't installed, or it ended; the message has the end of its log.
    """
    if not program.exists():
        raise AwsError(f"{program} isn't there. `make run` installs it.")
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    log = folder / "aws.log"
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "BIND_HOST": "127.0.0.1",  # its own default is every interface
        "GATEWAY_PORT": str(port),
        "SERVICES": ",".join(SERVICES),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "objects"),
        "TMPDIR": str(folder / "tmp"),
        "LOG_LEVEL": "WARNING",
        # Listeners that nobody here needs, and a look for containers that aren't ours to end.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/no-docker",
    }
    with log.open("wb") as output:
        process = children.start([str(program)], environment=environment, folder=folder, output=output)
    end = time.monotonic() + START_LIMIT_S
    while not stop.wait(0.05) and not _answers(port):
        if process.poll() is not None or time.monotonic() > end:
            raise AwsError(f"The embedded AWS doesn't start. The end of {log}:\n{_end_of(log)}")
    return process


def _answers(port: int) -> bool:
    # No proxy between two processes of one machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/_ministack/health", timeout=2) as response:
            return bool(response.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:])
