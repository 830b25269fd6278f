"""The rate counter: so many at once, then one an interval, however many ask at the same time."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from cutout.domain.rate import MINUTE_MS, Rate

NOW = 1_800_000_000_000
RATE = Rate(5)


@pytest.fixture
def rates(world):
    return world.rates


@pytest.fixture
def alice():
    return f"alice-{uuid4()}"


def test_the_rate_passes_and_the_next_waits(rates, alice):
    answers = [rates.admit(alice, RATE, NOW) for _ in range(6)]
    assert answers == [0, 0, 0, 0, 0, MINUTE_MS // 5]


def test_who_waited_is_admitted_once(rates, alice):
    for _ in range(5):
        rates.admit(alice, RATE, NOW)
    later = NOW + rates.admit(alice, RATE, NOW)
    assert rates.admit(alice, RATE, later) == 0
    assert rates.admit(alice, RATE, later) > 0


def test_accounts_do_not_wait_for_each_other(rates, alice):
    for _ in range(6):
        rates.admit(alice, RATE, NOW)
    assert rates.admit(f"bob-{uuid4()}", RATE, NOW) == 0


def test_many_at_once_get_no_more_than_the_rate(rates, alice):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: rates.admit(alice, RATE, NOW), range(24)))
    assert answers.count(0) == 5
