"""The environment of the functions that deliver webhooks and remove results."""

import pytest

from cutout.settings import SettingsError, delivery_from_environment, expiry_from_environment

EXPIRY = {"TABLE_NAME": "table", "BUCKET_NAME": "bucket", "AWS_REGION": "us-east-1"}
DELIVERY = {
    **EXPIRY,
    "URL_TTL_SECONDS": "3600",
    "MAX_INPUT_BYTES": "52428800",
    "DOCUMENTATION_URL": "https://api/docs",
    "WEBHOOKS_QUEUE_URL": "https://sqs/webhooks",
    "WEBHOOKS_DEAD_LETTER_QUEUE_URL": "https://sqs/parked",
}


def test_nobody_is_exempt_from_the_address_rules_unless_named():
    assert delivery_from_environment(DELIVERY).fetch_allow_hosts == frozenset()
    named = delivery_from_environment(DELIVERY | {"FETCH_ALLOW_HOSTS": "127.0.0.1:1,127.0.0.1:2"})
    assert named.fetch_allow_hosts == {"127.0.0.1:1", "127.0.0.1:2"}


def test_the_two_queues_are_not_confused():
    settings = delivery_from_environment(DELIVERY)
    assert (settings.queue_url, settings.parked_url) == ("https://sqs/webhooks", "https://sqs/parked")


@pytest.mark.parametrize("name", DELIVERY)
def test_what_a_delivery_needs_is_named(name):
    with pytest.raises(SettingsError, match=name):
        delivery_from_environment({key: value for key, value in DELIVERY.items() if key != name})


@pytest.mark.parametrize("name", EXPIRY)
def test_what_the_expiry_needs_is_named(name):
    with pytest.raises(SettingsError, match=name):
        expiry_from_environment({key: value for key, value in EXPIRY.items() if key != name})
