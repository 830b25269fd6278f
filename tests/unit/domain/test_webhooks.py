"""Signatures by the specification, and pauses that grow."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cutout.domain.webhooks import (
    ATTEMPTS,
    ROTATION_MS,
    WebhookSecret,
    first_secret,
    new_secret,
    pause_s,
    rotated,
    signature,
    signed_headers,
)

TASK = UUID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")
NOON_MS = 1_795_521_600_000
ALMOST_ONE = 1 - 2**-53


def now_ms() -> int:
    """The verifying library reads the clock itself."""
    return int(datetime.now(UTC).timestamp() * 1000)


def test_the_specifications_own_example_has_its_signature():
    signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(body=st.text().map(str.encode), raw=st.binary(min_size=24, max_size=64), timestamp_s=st.integers(0, 4_000_000_000))
def test_an_independent_implementation_signs_alike(body, raw, timestamp_s):
    secret = f"whsec_{b64encode(raw).decode()}"
    theirs = Webhook(secret).sign(str(TASK), datetime.fromtimestamp(timestamp_s, UTC), body.decode())
    assert signature(secret, str(TASK), timestamp_s, body) == theirs


def test_an_independent_implementation_verifies_a_delivery():
    secret, body = first_secret("acme", now_ms()), '{"imageURL":"https://é"}'.encode()
    assert Webhook(secret.current).verify(body, signed_headers(secret, TASK, body, now_ms())) == {"imageURL": "https://é"}


def test_a_changed_body_does_not_verify():
    secret = first_secret("acme", now_ms())
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(secret.current).verify(b"{ }", signed_headers(secret, TASK, b"{}", now_ms()))


def test_the_id_is_the_tasks():
    assert signed_headers(first_secret("acme", 0), TASK, b"{}", NOON_MS)["webhook-id"] == str(TASK)


def test_the_timestamp_is_in_whole_seconds():
    assert signed_headers(first_secret("acme", 0), TASK, b"{}", NOON_MS + 999)["webhook-timestamp"] == "1795521600"


def test_a_secret_has_256_random_bits_and_the_specifications_prefix():
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(b64decode(one.removeprefix("whsec_"))) == 32


def test_a_secret_does_not_show_in_a_log():
    secret = rotated(first_secret("acme", 0), 1)
    assert "whsec_" not in repr(secret)


def test_for_a_day_after_rotation_either_secret_verifies():
    old = first_secret("acme", now_ms())
    new = rotated(old, now_ms())
    headers = signed_headers(new, TASK, b"{}", now_ms())
    Webhook(old.current).verify(b"{}", headers)
    Webhook(new.current).verify(b"{}", headers)


def test_a_day_after_rotation_only_the_new_one_signs():
    new = rotated(first_secret("acme", 0), NOON_MS)
    assert len(new.in_use(NOON_MS + ROTATION_MS - 1)) == 2
    assert new.in_use(NOON_MS + ROTATION_MS) == (new.current,)


def test_a_second_rotation_within_the_day_takes_nothing_from_whoever_holds_the_first_secret():
    first = first_secret("acme", 0)
    third = rotated(rotated(first, NOON_MS), NOON_MS + 1)
    assert first.current in third.in_use(NOON_MS + 2)
    assert len(third.in_use(NOON_MS + 2)) == 3


def test_what_has_had_its_day_is_not_kept():
    later = rotated(rotated(first_secret("acme", 0), NOON_MS), NOON_MS + ROTATION_MS)
    assert len(later.retired) == 1


def test_the_longest_pauses_grow_fourfold_up_to_eleven_hours():
    longest = [pause_s(attempt, ALMOST_ONE) for attempt in range(1, ATTEMPTS)]
    assert longest == [5, 20, 80, 320, 1280, 5120, 20480, 39600, 39600, 39600, 39600]


@given(attempt=st.integers(1, 10_000), jitter=st.floats(0, 1, exclude_max=True))
def test_a_pause_is_one_that_the_queue_can_keep(attempt, jitter):
    assert 0 <= pause_s(attempt, jitter) < 12 * 60 * 60


def test_the_jitter_is_full():
    assert pause_s(5, 0.0) == 0
    assert pause_s(5, 0.5) == 640


def test_after_the_last_attempt_nothing_is_waited_for():
    assert pause_s(ATTEMPTS, ALMOST_ONE) == 0


def test_a_secret_without_a_predecessor_signs_alone():
    assert WebhookSecret("acme", "whsec_AAAA", 0).in_use(NOON_MS) == ("whsec_AAAA",)
