"""So many requests may come at a stroke, and then one an interval."""

from hypothesis import given
from hypothesis import strategies as st

from cutout.domain.rate import MINUTE_MS, Rate


def admitted(rate: Rate, times: list[int]) -> list[int]:
    arrival, passed = 0, []
    for now in times:
        if rate.wait_ms(arrival, now) == 0:
            arrival = rate.after(arrival, now)
            passed.append(now)
    return passed


@given(st.integers(1, 1000))
def test_exactly_the_rate_passes_at_a_stroke(limit):
    assert len(admitted(Rate(limit), [10**9] * (limit + 5))) == limit


@given(st.integers(1, 100), st.lists(st.integers(0, 10 * MINUTE_MS), max_size=400))
def test_no_minute_sees_more_than_twice_the_rate_and_no_hour_more_than_the_rate_and_one_burst(limit, times):
    passed = admitted(Rate(limit), sorted(times))
    for start in passed:
        assert sum(start <= now < start + MINUTE_MS for now in passed) <= 2 * limit


def test_who_waits_as_long_as_told_is_admitted():
    rate, now = Rate(6), 10**9
    arrival = 0
    for _ in range(6):
        arrival = rate.after(arrival, now)
    wait = rate.wait_ms(arrival, now)
    assert wait == 10_000
    assert rate.wait_ms(arrival, now + wait) == 0
