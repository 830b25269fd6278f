"""`python -m local` as `make run` starts it: what it leaves, what it keeps, how it ends. On Linux, where /proc tells who is whose."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(
        not (ROOT / ".venv-ministack/bin/ministack").exists(),
        reason="`make setup` installs the embedded AWS; `make run` is NOT tested.",
    ),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="No /proc here; how `make run` ends is NOT tested."),
]


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def descendants(pid: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended meanwhile
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= more
    return found


def still_running(pids: set[int], within_s: float = 20) -> set[int]:
    end = time.monotonic() + within_s
    while (left := {pid for pid in pids if Path(f"/proc/{pid}").exists()}) and time.monotonic() < end:
        time.sleep(0.05)
    return left


@dataclass
class Stack:
    process: subprocess.Popen[str]
    state: Path

    def wait_until_ready(self) -> str:
        """What it has printed by then."""
        printed = []
        assert self.process.stdout
        for line in self.process.stdout:
            printed.append(line)
            if "Ctrl-C" in line:
                return "".join(printed)
        raise AssertionError(f"It ended: {''.join(printed)}")

    @property
    def environment(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.state / "demo.env").read_text().splitlines())

    def end(self, number: signal.Signals) -> tuple[int, str]:
        self.process.send_signal(number)
        printed, _ = self.process.communicate(timeout=30)
        return self.process.returncode, printed


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    started = []

    def start(*arguments: str, ports: tuple[int, int] | None = None, parent: tuple[str, ...] = ()) -> Stack:
        port, aws_port = ports or free_ports()
        state = tmp_path / "state"
        command = [*parent, sys.executable, "-m", "local", "--port", str(port), "--aws-port", str(aws_port), "--state", str(state)]
        process = subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        started.append(process)
        return Stack(process, state)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def get(stack: Stack, path: str) -> tuple[int, str]:
    url = stack.environment["CUTOUT_URL"].removesuffix("/v1") + path
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_other_programs_can_source_where_everything_is(start):
    stack = start()
    stack.wait_until_ready()
    environment = stack.environment
    assert environment.keys() >= {
        "CUTOUT_URL",
        "CUTOUT_WEBSOCKET_URL",
        "CUTOUT_KEY",
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "BUCKET_NAME",
        "TABLE_NAME",
    }
    assert (stack.state / "demo.env").stat().st_mode & 0o777 == 0o600  # there is a key in it


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_second_start_is_quick_and_finds_the_same_key_table_and_bucket(start, number):
    """It waits for what is still saving its state after a kill."""
    ports = free_ports()
    first = start(ports=ports)
    first.wait_until_ready()
    before = first.environment
    first.end(number)
    begun = time.monotonic()
    second = start(ports=ports)
    second.wait_until_ready()
    assert time.monotonic() - begun < 20
    assert second.environment == before


def test_a_key_that_the_table_has_forgotten_is_replaced(start):
    first = start()
    first.wait_until_ready()
    file = first.state / "demo.env"
    key = first.environment["CUTOUT_KEY"]
    first.end(signal.SIGTERM)
    file.write_text(file.read_text().replace(key, "ck_forgotten"))
    second = start()
    second.wait_until_ready()
    assert second.environment["CUTOUT_KEY"] not in {key, "ck_forgotten"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(start, number):
    stack = start()
    stack.wait_until_ready()
    get(stack, "/docs/errors")  # so that there is a worker
    children = descendants(stack.process.pid)
    assert len(children) >= 3  # guardian, embedded AWS, worker
    code, printed = stack.end(number)
    assert still_running(children) == set()
    if number is not signal.SIGKILL:
        assert code == 0
        assert "Traceback" not in printed


def test_it_ends_with_the_program_that_started_it_if_told_so(start):
    parent = ("sh", "-c", '"$@" & echo pid $!; wait', "sh")
    stack = start("--stop-with-parent", parent=parent)
    stack.wait_until_ready()
    children = descendants(stack.process.pid)
    stack.process.kill()
    assert still_running(children) == set()


@pytest.mark.parametrize(("name", "which"), [("PORT", 0), ("AWS_PORT", 1)])
def test_a_busy_port_is_one_clear_line(start, name, which):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = taken.getsockname()[1]
        ports = list(free_ports())
        ports[which] = busy
        process = start(ports=(ports[0], ports[1])).process
        printed, _ = process.communicate(timeout=30)
    assert printed == f"Port {busy} of 127.0.0.1 is in use. Choose another: make run {name}={busy + 1}\n"
    assert process.returncode == 1


def test_two_do_not_share_one_state(start):
    first = start()
    first.wait_until_ready()
    printed, _ = start().process.communicate(timeout=30)
    assert "is at work with" in printed
    assert get(first, "/nowhere")[0] == 404


def test_it_stops_when_the_embedded_aws_has_ended(start):
    stack = start()
    stack.wait_until_ready()
    (embedded,) = [pid for pid in descendants(stack.process.pid) if "ministack" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(embedded, signal.SIGKILL)
    printed, _ = stack.process.communicate(timeout=30)
    assert "The embedded AWS has ended" in printed
    assert stack.process.returncode == 1


@pytest.mark.skipif(
    not (ROOT / ".models/u2netp.onnx").exists(), reason="`make models` fetches the model; the printed command is NOT tested."
)
def test_the_printed_command_gives_a_cutout(start, tmp_path):
    stack = start()
    printed = stack.wait_until_ready()
    command = printed[printed.index("printf") : printed.index("It leaves")]
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    result = subprocess.run(["bash", "-c", command], check=True, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert result.stderr == ""
    assert json.loads(result.stdout)["data"][0]["cost"] > 0
    assert (tmp_path / "cutout.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.skipif(
    not (ROOT / ".models/u2netp.onnx").exists(), reason="`make models` fetches the model; the drop box is NOT tested."
)
def test_a_dropped_file_comes_back_as_a_cutout_and_a_bad_one_as_its_error(start, tmp_path):
    stack = start()
    stack.wait_until_ready()
    command = [sys.executable, "-m", "local.drop", "--state", str(stack.state), "--out", str(tmp_path / "cutout.png")]
    done = subprocess.run(
        [*command, "docs/images/astronaut.jpg"], check=True, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert float(json.loads(done.stdout[done.stdout.index("{") :])["cost"]) > 0
    assert (tmp_path / "cutout.png").read_bytes().startswith(b"\x89PNG")
    bad = subprocess.run([*command, "LICENSE"], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (bad.returncode, "invalidInputImage" in bad.stdout) == (1, True)


def test_a_drop_without_a_stack_says_what_to_start(tmp_path):
    command = [sys.executable, "-m", "local.drop", "--state", str(tmp_path), "LICENSE"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "make run" in done.stderr) == (1, True)


def hears(client: ClientConnection, *elements: object, within_s: float = 60) -> dict:
    """What comes back first, over a WebSocket. Sent in frames of 32 KB: API Gateway takes no larger ones."""
    text = json.dumps(elements)
    client.send(text[start : start + 32_768] for start in range(0, len(text), 32_768))
    return json.loads(client.recv(timeout=within_s))


def removed(**fields: object) -> dict:
    inline = base64.b64encode((ROOT / "docs/images/astronaut.jpg").read_bytes()).decode()
    return {"taskType": "imageBackgroundRemoval", "taskUUID": str(uuid4()), "inputImage": inline, **fields}


@pytest.mark.skipif(
    not (ROOT / ".models/u2netp.onnx").exists(), reason="`make models` fetches the model; WebSocket is NOT tested end to end."
)
@pytest.mark.slow
def test_by_websocket_a_result_is_pushed_and_whoever_stays_silent_is_cut_off(start):
    """Connection, function, queue, worker and back: nothing here is a stand-in but the front and the embedded AWS."""
    stack = start()
    stack.wait_until_ready()
    url, key = stack.environment["CUTOUT_WEBSOCKET_URL"], stack.environment["CUTOUT_KEY"]
    with connect(url, proxy=None) as silent, connect(url, proxy=None) as client:
        begun = time.monotonic()
        session = hears(client, {"taskType": "authentication", "apiKey": key})["data"][0]["connectionSessionUUID"]
        task = removed(outputType="URL", includeCost=True)
        item = hears(client, task)["data"][0]
        assert (item["taskUUID"], item["cost"] > 0) == (task["taskUUID"], True)
        with urllib.request.urlopen(item["imageURL"], timeout=30) as result:
            assert result.read(4) == b"\x89PNG"
        error = hears(client, removed(outputType="base64Data"))["errors"][0]
        assert (error["code"], error["allowedValues"]) == ("outputTooLarge", ["URL"])
        with connect(url, proxy=None) as other:
            resumed = hears(other, {"taskType": "authentication", "apiKey": key, "connectionSessionUUID": session})
            assert resumed["data"][0]["connectionSessionUUID"] == session
        with pytest.raises(ConnectionClosed):
            silent.recv(timeout=60)
        assert time.monotonic() - begun > 25
        assert hears(client, {"taskType": "ping", "ping": True}) == {"data": [{"taskType": "ping", "pong": True}]}
