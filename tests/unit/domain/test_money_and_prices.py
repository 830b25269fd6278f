"""Money is exact, and every figure can be traced to a price."""

from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutout.domain.charges import Charge, CostLine
from cutout.domain.metering import Meter, TimeShare
from cutout.domain.money import Micros, to_dollars, to_micros
from cutout.domain.prices import billed, load_price_book, tariff
from cutout.domain.tasks import TaskKey

BOOK = load_price_book()
TARIFF = tariff(BOOK, region="us-east-1", architecture="x86_64", memory_mib=2048)


@given(st.decimals(0, 1000, places=12))
def test_rounding_covers_the_cost_and_by_less_than_one_micro_dollar(dollars):
    micros = to_micros(dollars)
    assert dollars <= to_dollars(micros) < dollars + Decimal("0.000001")


def test_computing_is_milliseconds_times_memory_times_price():
    assert TARIFF.compute(500).dollars == Decimal("0.5") * 2 * Decimal("0.0000166667")


def test_a_request_is_split_evenly():
    shares = [TARIFF.request_share(4) for _ in range(4)]
    assert sum(line.dollars for lines in shares for line in lines) == TARIFF.lambda_request + TARIFF.http_api_request


def test_only_what_was_used_has_a_line():
    lines = TARIFF.metered(Meter(s3_puts=1, dynamodb_writes=Decimal(6)))
    assert {line.item: line.quantity for line in lines} == {"s3_put": 1, "dynamodb_write": 6}


def test_billed_time_is_whole_milliseconds_rounded_up():
    assert [billed(0), billed(0.2), billed(1.0), billed(1.01)] == [1, 1, 1, 2]


def test_a_region_without_prices_has_those_of_the_default_region_and_says_so():
    prices = tariff(BOOK, region="moon-1", architecture="arm64", memory_mib=128)
    assert prices.region == "us-east-1"
    assert prices.version == f"{BOOK['version']} us-east-1"


def test_an_unknown_architecture_is_an_error():
    with pytest.raises(LookupError, match="mips"):
        tariff(BOOK, region="us-east-1", architecture="mips", memory_mib=128)


@pytest.mark.parametrize("region", sorted(BOOK["regions"]))
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_every_region_has_every_price(region, architecture):
    prices = tariff(BOOK, region=region, architecture=architecture, memory_mib=1024)
    assert prices.compute(1000).dollars > 0


def test_the_price_is_the_cost_times_the_markup_less_what_was_absorbed():
    charge = Charge(
        key=TaskKey("a", uuid4()),
        task_type="imageBackgroundRemoval",
        at_ms=0,
        model="u2netp",
        megapixels=Decimal(1),
        billed_ms=1,
        stage_ms={},
        lines=(CostLine("lambda_gb_second", Decimal(1), Decimal("0.0000101")),),
        markup=Decimal("1.5"),
        price_book="x",
        absorbed=Micros(3),
    )
    assert charge.cost == 11
    assert charge.price == 16 - 3


def test_time_shares_add_up_to_the_time_that_passed():
    now = 0.0
    share = TimeShare(lambda: now)
    with share.share() as first:
        now = 1.0
        with share.share() as second:
            now = 3.0
            assert (first(), second()) == (2000, 1000)
        now = 4.0
        assert first() == 3000
    assert first() + 1000 == 4000
