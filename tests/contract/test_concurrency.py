"""Many workers at once, from behind a barrier."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

from cutout.domain.errors import AccessError, SpendLimitExceeded
from cutout.domain.metering import Meter
from cutout.domain.money import Micros
from cutout.domain.tasks import TaskRecord
from cutout.service.ports import StaleToken
from tests.contract.builders import NOON, charge_of, claimed, new_record, next_worker, open_account, purses, with_result
from tests.contract.worlds import World

THREADS = 32
T = TypeVar("T")


def at_once(calls: list[Callable[[], T]]) -> list[T | Exception]:
    """What each call returned or raised; all of them start together."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        barrier.wait(30)
        try:
            return call()
        except (AccessError, StaleToken) as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_of_many_claims_on_one_task_one_wins(world: World) -> None:
    account = open_account(world, balance=100_000)
    first = new_record(account, reserved=600)
    rivals = [new_record(account, key=first.key, reserved=600) for _ in range(THREADS)]
    answers = at_once([lambda rival=rival: world.tasks.create(rival, account, Meter()) for rival in rivals])
    (winner,) = (rival for rival, answer in zip(rivals, answers, strict=True) if answer is None)
    assert [answer for answer in answers if answer is not None] == [winner] * (THREADS - 1)
    assert purses(world, account) == {"PREPAID": (100_000, 99_400, 600, 0)}


def test_of_many_take_overs_one_wins(world: World) -> None:
    account = open_account(world, balance=100_000)
    old = claimed(world, account, reserved=600)
    answers = at_once([lambda: world.tasks.take_over(old, next_worker(old, reserved=600), account, Meter())] * THREADS)
    assert sorted(answers) == [False] * (THREADS - 1) + [True]
    assert purses(world, account) == {"PREPAID": (100_000, 99_400, 600, 0)}


def test_a_balance_is_never_overspent_by_even_one_task(world: World) -> None:
    account = open_account(world, balance=600 * 10 + 599)
    tasks = [new_record(account, reserved=600) for _ in range(THREADS)]
    answers = at_once([lambda task=task: world.tasks.create(task, account, Meter()) for task in tasks])
    assert answers.count(None) == 10
    assert purses(world, account) == {"PREPAID": (6_599, 599, 6_000, 0)}


def test_of_200_tasks_against_a_limit_that_allows_100_just_100_are_done(quick_world: World) -> None:
    account = open_account(quick_world, monthly_limit=500 * 100)
    tasks = [new_record(account, reserved=500) for _ in range(200)]

    def perform(task: TaskRecord) -> int:
        try:
            assert quick_world.tasks.create(task, account, Meter()) is None
        except SpendLimitExceeded:
            return 0
        return quick_world.tasks.commit(with_result(task), charge_of(task, 500), account, Meter()).price

    with ThreadPoolExecutor(THREADS) as pool:
        prices = list(pool.map(perform, tasks))
    assert sorted(prices) == [0] * 100 + [500] * 100
    assert purses(quick_world, account) == {"2026-11": (50_000, 0, 0, 50_000)}
    assert quick_world.book.usage(account.account_id, "2026-11-24", "2026-11-24")["2026-11-24"].tasks == 100


def test_a_month_opened_by_many_at_once_has_its_limit_once(world: World) -> None:
    account = open_account(world, monthly_limit=6_000)
    tasks = [new_record(account, reserved=600) for _ in range(THREADS)]
    answers = at_once([lambda task=task: world.tasks.create(task, account, Meter()) for task in tasks])
    assert answers.count(None) == 10
    assert purses(world, account) == {"2026-11": (6_000, 0, 6_000, 0)}


def test_many_commits_of_one_task_charge_it_once(world: World) -> None:
    account = open_account(world, balance=100_000)
    record = with_result(claimed(world, account, reserved=600))
    charges = [charge_of(record, price) for price in range(500, 500 + THREADS)]
    answers = at_once([lambda charge=charge: world.tasks.commit(record, charge, account, Meter()) for charge in charges])
    entered = world.tasks.find_charge(record.key, Meter())
    assert entered is not None
    assert answers == [entered] * THREADS
    assert purses(world, account) == {"PREPAID": (100_000, 100_000 - entered.price, 0, entered.price)}
    assert world.book.usage(account.account_id, "2026-11-24", "2026-11-24")["2026-11-24"].tasks == 1


def test_prices_above_their_reservations_never_overspend_together(world: World) -> None:
    account = open_account(world, balance=600 * 8 + 1_000)
    records = [with_result(claimed(world, account, reserved=600)) for _ in range(8)]
    at_once([lambda record=record: world.tasks.commit(record, charge_of(record, 1_000), account, Meter()) for record in records])
    # The 1,000 that were left cover the excess of two; the owner bears that of the other six.
    assert purses(world, account) == {"PREPAID": (5_800, 200, 0, 5_600)}


def test_a_top_up_asked_for_many_times_at_once_pays_in_once(world: World) -> None:
    account = open_account(world, balance=1_000)
    at_once([lambda: world.book.top_up(account.account_id, Micros(500), "invoice 7", NOON)] * 8)
    assert purses(world, account) == {"PREPAID": (1_500, 1_500, 0, 0)}


def test_a_limit_changed_among_commits_keeps_the_books_straight(world: World) -> None:
    account = open_account(world, monthly_limit=100_000)
    records = [with_result(claimed(world, account, reserved=600)) for _ in range(8)]
    commits = [lambda record=record: world.tasks.commit(record, charge_of(record, 500), account, Meter()) for record in records]
    raised = replace(account, monthly_limit=Micros(200_000))
    at_once([*commits, lambda: world.book.change(raised, NOON)])
    assert purses(world, account) == {"2026-11": (200_000, 196_000, 0, 4_000)}
