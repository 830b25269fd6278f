"""The local Lambda, with AWS's runtime client in real processes."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from local.function import Function, TooManyRequests
from local.runtime_api import FunctionError


def invoke(function: Function, wait_s: float = 20, **event):
    return json.loads(function.invoke(json.dumps(event).encode(), wait_s))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def ends(pid: int, within_s: float = 15) -> bool:
    end = time.monotonic() + within_s
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_running(pid)


def test_an_event_reaches_the_handler_as_it_was_sent(toy):
    assert invoke(toy(), text="Grüße")["event"] == {"text": "Grüße"}


def test_a_worker_stays_warm(toy):
    function = toy()
    first, second = invoke(function), invoke(function)
    assert (second["pid"], second["calls"]) == (first["pid"], 2)


def test_invocations_at_once_run_in_workers_of_their_own(toy):
    function = toy()
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: invoke(function, sleep=0.5)["pid"], range(2)))
    assert len(set(both)) == 2


def test_more_invocations_than_workers_wait_for_one(toy):
    function = toy(max_workers=1)
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: invoke(function, sleep=0.1), range(3)))
    assert sorted(answer["calls"] for answer in answers) == [1, 2, 3]


def test_an_invocation_that_would_wait_too_long_is_refused(toy):
    function = toy(max_workers=1)
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(invoke, function, sleep=1)
        time.sleep(0.2)
        with pytest.raises(TooManyRequests):
            invoke(function, wait_s=0.1)
        assert busy.result()["calls"] == 1


def test_a_handler_that_raises_tells_what_and_its_worker_lives_on(toy):
    function = toy()
    before = invoke(function)["pid"]
    with pytest.raises(FunctionError, match="ValueError: too green"):
        invoke(function, **{"raise": "too green"})
    assert invoke(function)["pid"] == before


def test_an_invocation_over_its_time_is_killed(toy):
    function = toy(timeout_s=1)
    pid = invoke(function)["pid"]
    start = time.monotonic()
    with pytest.raises(FunctionError, match=r"Task timed out after 1\.00 seconds"):
        invoke(function, sleep=30)
    assert time.monotonic() - start < 3
    assert ends(pid)


def test_after_a_time_out_a_fresh_worker_takes_over(toy):
    function = toy(timeout_s=1)
    with pytest.raises(FunctionError):
        invoke(function, sleep=30)
    assert invoke(function)["calls"] == 1


def test_a_crash_fails_its_invocation_only(toy):
    function = toy()
    with pytest.raises(FunctionError, match=r"Runtime\.ExitError: .*exit status 3"):
        invoke(function, exit=3)
    assert invoke(function)["calls"] == 1


def test_a_worker_killed_while_idle_is_replaced(toy):
    function = toy()
    pid = invoke(function)["pid"]
    os.kill(pid, 9)
    assert ends(pid)
    assert invoke(function)["calls"] == 1


def test_what_a_worker_started_ends_with_it(toy):
    function = toy()
    child = invoke(function, start="60")
    with pytest.raises(FunctionError):
        invoke(function, exit=1)
    assert ends(child)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        ("broken.handle", "RuntimeError: no model"),
        ("handlers.missing", r"Runtime\.HandlerNotFound"),
        ("nowhere.handle", r"Runtime\.ImportModuleError"),
    ],
)
def test_a_function_that_does_not_start_tells_why_each_time(toy, handler, reason):
    function = toy(handler)
    for _ in range(2):
        with pytest.raises(FunctionError, match=reason):
            invoke(function)


def test_an_answer_over_6_mb_is_lost_and_the_next_one_is_not(toy):
    function = toy()
    with pytest.raises(FunctionError, match=r"Function\.ResponseSizeTooLarge"):
        invoke(function, answer_bytes=6_291_555)  # and two quotation marks
    assert len(invoke(function, answer_bytes=6_291_554)) == 6_291_554


def test_the_context_tells_memory_and_time_left(toy):
    answer = invoke(toy(timeout_s=7))
    assert answer["memory_mib"] == "512"
    assert 6000 < answer["remaining_ms"] <= 7000


def test_the_environment_is_the_functions_and_lambdas_and_nothing_else(toy, monkeypatch):
    monkeypatch.setenv("OPERATORS_SECRET", "x")
    environment = invoke(toy())["environment"]
    assert environment["COLOUR"] == "blue"
    assert environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert set(environment) - {"_X_AMZN_TRACE_ID", "LC_CTYPE"} == {
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "COLOUR",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "PATH",
        "TZ",
        "_HANDLER",
    }


def test_what_a_worker_prints_goes_to_the_functions_log(toy, tmp_path):
    with pytest.raises(FunctionError):
        invoke(toy(), **{"raise": "too green"})
    assert "too green" in (tmp_path / "toy.log").read_text()
