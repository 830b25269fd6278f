"""Where money went."""

from dataclasses import replace
from decimal import Decimal

import pytest

from cutout.domain.accounts import Account
from cutout.domain.charges import Charge, CostLine
from cutout.domain.report import REST, cost_by_part, months_between
from tests.contract.builders import charge_of, new_record


def charge(stage_ms: dict[str, int], billed_ms: int) -> Charge:
    lines = (CostLine("lambda_gb_second", Decimal(1), Decimal(8)), CostLine("s3_put", Decimal(1), Decimal(3)))
    return replace(charge_of(new_record(Account("a", "A")), 1), stage_ms=stage_ms, billed_ms=billed_ms, lines=lines)


def test_function_time_is_divided_by_stage_and_the_rest_is_named() -> None:
    assert cost_by_part([charge({"decode": 25, "segment": 50}, 100)]) == {"segment": 4, "s3_put": 3, "decode": 2, REST: 2}


def test_stages_that_overlapped_with_other_tasks_are_scaled_to_what_was_billed() -> None:
    assert cost_by_part([charge({"decode": 50, "segment": 150}, 100)]) == {"segment": 6, "s3_put": 3, "decode": 2, REST: 0}


def test_a_charge_without_stages_is_all_rest() -> None:
    assert cost_by_part([charge({}, 0)]) == {REST: 8, "s3_put": 3}


def test_charges_add_up() -> None:
    assert cost_by_part([charge({"segment": 100}, 100)] * 3) == {"segment": 24, "s3_put": 9, REST: 0}


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2026-11-24", "2026-11-24", ["2026-11"]),
        ("2026-11-30", "2027-02-01", ["2026-11", "2026-12", "2027-01", "2027-02"]),
        ("2026-11-02", "2026-10-01", []),
    ],
)
def test_months_run_from_that_of_the_first_day_to_that_of_the_last(first: str, last: str, months: list[str]) -> None:
    assert months_between(first, last) == months
