"""The official clients, each in a process and an environment of its own, and a line to it."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Lock, Thread
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class Kind:
    """One of the clients over one transport."""

    name: str
    version: str
    transport: str
    program: tuple[str, ...]
    reads_files: bool = True

    @property
    def label(self) -> str:
        return f"{self.name} {self.version}, {self.transport}"

    @property
    def installed(self) -> bool:
        needed = [ROOT / word for word in self.program]
        return all(path.exists() for path in needed) and (HERE / "js/node_modules").exists()


_RUNWARE: Final = (".venv-sdk-runware/bin/python", "tests/sdks/python/sdk_runware.py")
_LEGACY: Final = (".venv-sdk-legacy/bin/python", "tests/sdks/python/sdk_legacy.py")
_JS: Final = (".venv-sdk-js/bin/node", "tests/sdks/js/client.js")

KINDS: Final = {
    "runware-sdk-rest": Kind("runware-sdk", "1.8.0", "HTTPS", _RUNWARE),
    "runware-sdk-websocket": Kind("runware-sdk", "1.8.0", "WebSocket", _RUNWARE),
    "legacy": Kind("runware (legacy)", "0.5.24", "WebSocket", _LEGACY),
    "sdk-js": Kind("@runware/sdk-js", "1.3.2", "WebSocket", _JS, reads_files=False),
}


class ClientError(Exception):
    """What the client raised."""

    def __init__(self, code: str, message: str, parameter: str | None = None, task: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.parameter = parameter
        self.task = task


class Client:
    """Calls a client's functions from any thread; calls made at once are at work at once."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._numbers = itertools.count()
        self._waiting: dict[int, Queue[dict[str, Any]]] = {}
        self._lock = Lock()
        Thread(target=self._listen, daemon=True).start()

    def call(self, name: str, **parameters: Any) -> Any:
        """What the client returned.

        Raises:
            ClientError: it raised.
        """
        answers: Queue[dict[str, Any]] = Queue()
        assert self._process.stdin
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = answers
            print(json.dumps({"id": number, "call": name, "with": parameters}), file=self._process.stdin, flush=True)
        answer = answers.get(timeout=150)
        if "error" in answer:
            error = answer["error"]
            raise ClientError(error["code"], error["message"], error.get("parameter"), error.get("taskUUID"))
        return answer["result"]

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            answer = json.loads(line)
            self._waiting.pop(answer["id"]).put(answer)
        for answers in self._waiting.values():
            answers.put({"error": {"code": "ended", "message": "The client's process has ended."}})


@contextlib.contextmanager
def started(kind: Kind, url: str, key: str, patience_s: int = 60) -> Iterator[Client]:
    """A client that hasn't connected yet. `url` is the HTTPS one; the WebSocket's is the same but for its scheme."""
    address = url if kind.transport == "HTTPS" else url.replace("http", "ws", 1)
    program = [str(ROOT / word) for word in kind.program]
    with subprocess.Popen(
        [*program, address, key, str(patience_s)],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Client(process)
        finally:
            # The session's, for Node is started by a script that would leave it behind.
            os.killpg(process.pid, signal.SIGKILL)


def missing(kinds: Mapping[str, Kind]) -> str:
    return ", ".join(sorted({kind.name for kind in kinds.values() if not kind.installed}))
