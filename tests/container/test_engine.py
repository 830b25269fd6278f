"""An engine of our own leaves the machine as it found it."""

import subprocess
from pathlib import Path

import pytest

from local.docker.engine import NoEngine, own


def state_of_the_machine() -> dict[str, list[str]]:
    def lines(*command: str) -> list[str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return sorted(line for line in done.stdout.splitlines() if not line.startswith("#"))

    processes = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    names = [Path(f"/proc/{pid}/comm") for pid in processes]
    return {
        "interfaces": lines("ip", "-brief", "link"),
        "firewall": lines("iptables", "--list-rules") + lines("iptables", "--table", "nat", "--list-rules"),
        "mounts": [line for line in lines("cat", "/proc/mounts") if "docker" in line],
        "daemons": sorted(
            name
            for name in (path.read_text().strip() for path in names if path.exists())
            if "docker" in name or "container" in name
        ),
        "folders": sorted(str(path) for path in Path("/tmp").glob("cutout-docker-*")),  # noqa: S108
        "routing": [Path("/proc/sys/net/ipv4/ip_forward").read_text()],
    }


def test_an_engine_of_our_own_leaves_the_machine_as_it_found_it():
    before = state_of_the_machine()
    try:
        with own(may_install=True) as engine:
            assert engine.run("version", "--format={{.Server.Version}}")
            assert state_of_the_machine() != before
    except NoEngine as reason:
        pytest.skip(f"{reason} That an engine of our own leaves nothing behind is NOT TESTED.")
    assert state_of_the_machine() == before
