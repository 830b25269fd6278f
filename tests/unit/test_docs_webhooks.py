"""The code that docs/webhooks.md gives to receivers, run against our signatures."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import pytest

from cutout.domain.webhooks import ATTEMPTS, WebhookSecret, first_secret, pause_s, rotated, signed_headers

PAGE = (Path(__file__).parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")
BODY = '{"taskUUID":"é"}'.encode()


def snippet(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return code


def in_python(secret: str, headers: dict[str, str], body: bytes) -> bool:
    names: dict = {}
    exec(snippet("python"), names)  # noqa: S102 (our own page)
    return names["is_genuine"](secret, headers, body)


def in_node(secret: str, headers: dict[str, str], body: bytes) -> bool:
    if not shutil.which("node"):
        pytest.skip("There is no node: the JavaScript of docs/webhooks.md is NOT tested.")
    call = f"console.log(isGenuine({json.dumps(secret)}, {json.dumps(headers)}, Buffer.from('{body.hex()}', 'hex')))"
    command = ["node", "--input-type=module", "-e", snippet("javascript") + call]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return json.loads(done.stdout)


@pytest.fixture(params=[in_python, in_node])
def is_genuine(request):
    return request.param


@pytest.fixture
def secret() -> WebhookSecret:
    return first_secret("acme", 0)


def headers_at(secret: WebhookSecret, seconds_ago: int = 0) -> dict[str, str]:
    return signed_headers(secret, uuid4(), BODY, int((time.time() - seconds_ago) * 1000))


def test_a_genuine_delivery_is_taken(is_genuine, secret):
    assert is_genuine(secret.current, headers_at(secret), BODY)


def test_both_secrets_are_taken_after_a_rotation(is_genuine, secret):
    new = rotated(secret, int(time.time() * 1000))
    headers = headers_at(new)
    assert is_genuine(secret.current, headers, BODY)
    assert is_genuine(new.current, headers, BODY)


def test_a_changed_body_is_refused(is_genuine, secret):
    assert not is_genuine(secret.current, headers_at(secret), BODY + b" ")


def test_another_secret_is_refused(is_genuine, secret):
    assert not is_genuine(first_secret("acme", 0).current, headers_at(secret), BODY)


@pytest.mark.parametrize("seconds_ago", [320, -320])
def test_an_old_or_a_future_delivery_is_refused(is_genuine, secret, seconds_ago):
    assert not is_genuine(secret.current, headers_at(secret, seconds_ago), BODY)


def test_a_signature_of_another_kind_is_passed_over(is_genuine, secret):
    headers = headers_at(secret)
    assert is_genuine(secret.current, headers | {"webhook-signature": f"v1a,abc {headers['webhook-signature']}"}, BODY)
    assert not is_genuine(secret.current, headers | {"webhook-signature": headers["webhook-signature"].replace("v1", "v2")}, BODY)


def test_the_table_of_pauses_is_the_codes():
    rows = re.findall(r"^\| (\d+)(?: to \d+)? \| (\d+) (s|min|h)", PAGE, re.MULTILINE)
    stated = {int(attempt): int(number) * {"s": 1, "min": 60, "h": 3600}[unit] for attempt, number, unit in rows}
    assert stated.keys() == {2, 3, 4, 5, 6, 7, 8, 9}
    assert all(pause_s(attempt - 1, 1.0) == pytest.approx(longest, rel=0.1) for attempt, longest in stated.items())
    assert f"9 to {ATTEMPTS}" in PAGE
