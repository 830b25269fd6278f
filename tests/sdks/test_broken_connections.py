"""The network breaks while a task is at work: each client gets its result all the same, and the task is done once."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.sdks.clients import KINDS, started
from tests.sdks.pictures import SLOW_SIDE, Pictures, assert_cut_out, cutouts
from tests.sdks.report import Report
from tests.sdks.stack import Stack
from tests.sdks.wire_cutter import wire_to

UNDER_WAY_S = 0.15


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in KINDS if name != "runware-sdk-rest"], scope="session")
def test_a_result_finds_its_client_on_another_connection(name: str, stack: Stack, pictures: Pictures, report: Report):
    """The JavaScript client only tries again when its patience is over."""
    address = urlsplit(stack.url)
    asked = {"image": pictures.slow, "outputFormat": "PNG", "taskUUID": str(uuid.uuid4())}
    with wire_to(address.port) as wire, ThreadPoolExecutor() as pool:
        url = f"http://127.0.0.1:{wire.port}{address.path}"
        with started(KINDS[name], url, stack.key, patience_s=5 if name == "sdk-js" else 60) as client:
            client.call("connect")
            begun = time.monotonic()
            task = pool.submit(client.call, "remove", **asked)
            time.sleep(UNDER_WAY_S)
            assert not task.done()
            assert wire.cut() == 1
            item = task.result()
    assert_cut_out(cutouts(item)[0], (SLOW_SIDE, SLOW_SIDE))
    assert item["imageUUID"] == stack.post(taskType="getResponse", taskUUID=asked["taskUUID"])["imageUUID"]
    report.beside["the connection breaks meanwhile", name] = f"✓ the same task's result ({time.monotonic() - begun:.0f} s)"
