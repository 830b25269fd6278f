"""A cold start is the platform's own cost."""

from decimal import Decimal
from uuid import uuid4

from cutout.domain.accounts import PLATFORM
from cutout.domain.prices import load_price_book, tariff
from cutout.service.platform import book_initialisation
from tests.fakes.stores import MemoryDatabase, MemoryTaskStore

TARIFF = tariff(load_price_book(), region="us-east-1", architecture="x86_64", memory_mib=1769)


def test_initialisation_is_a_cost_of_the_platforms_and_a_price_to_nobody():
    database = MemoryDatabase()
    charge = book_initialisation(MemoryTaskStore(database), TARIFF, lambda: 1_800_000_000_000, uuid4, 812.3)
    assert charge.billed_ms == 813
    assert charge.lines[0].dollars == Decimal("0.813") * 1769 / 1024 * TARIFF.lambda_gb_second
    assert (charge.cost > 0, charge.price) == (True, 0)
    assert {key.account_id for key in database.charges} == {PLATFORM.account_id}
    (usage,) = database.usage.values()
    assert (usage.tasks, usage.cost) == (1, charge.cost)
