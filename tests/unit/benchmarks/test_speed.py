"""The stopwatch, the watch over a child, and what is made of the figures."""

import sys
import time
from xml.etree import ElementTree as ET

import pytest

from benchmarks.machine import facts
from benchmarks.speed import measure, tables
from benchmarks.speed.child import BoundExceededError, Child
from benchmarks.speed.measure import Bounds, Contender
from benchmarks.speed.plot import draw
from benchmarks.speed.worker import Stopwatch

WORKER = "import json, sys\nprint('{}', flush=True)\nfor line in sys.stdin:\n    "
BOUNDS = Bounds(threads=1, run_s=20, max_mb=4000, case_s=1, pairs=2)


def child(code, max_mb=4000):
    return Child([sys.executable, "-c", WORKER + code], threads=1, max_mb=max_mb)


class Recorded:
    """A child whose runs were timed elsewhere."""

    def __init__(self, *seconds):
        self._seconds = list(seconds)

    def answer(self, timeout_s):
        return {}

    def run(self, timeout_s):
        if not self._seconds:
            raise BoundExceededError("over 4 GB")
        return {"wall_s": self._seconds.pop(0), "cpu_s": 1.0, "peak_mb": 100.0, "output_kb": 5.0, "stages": {"encode": 0.5}}


def contender(*seconds):
    ready = Contender(Recorded(*seconds), BOUNDS)
    ready.warm_up()
    return ready


def case(ours, rembg, faster=2.0):
    return {"case": "1mp-plain-png-u2netp", "ours": ours, "rembg": rembg, "faster": faster}


def figures(wall):
    return {"wall_s": wall, "cpu_s": wall, "peak_mb": 10.0, "output_kb": 3.0, "stages": {"encode": wall / 2}}


def test_a_stage_within_another_is_taken_out_of_it():
    watch = Stopwatch()
    with watch.stage("segment"), watch.stage("network"):
        time.sleep(0.05)
    assert watch.seconds["network"] >= 0.05
    assert watch.seconds["segment"] < 0.02


def test_a_stage_that_comes_twice_is_added_up():
    watch = Stopwatch()
    for _ in range(2):
        with watch.stage("encode"):
            time.sleep(0.02)
    assert watch.seconds["encode"] >= 0.04


def test_a_child_answers_each_run_in_json():
    with child("print(json.dumps({'wall_s': 1}), flush=True)") as process:
        process.answer(20)
        assert process.run(20) == {"wall_s": 1}


def test_a_run_that_takes_too_long_is_ended():
    with child("import time; time.sleep(60)") as process:
        process.answer(20)
        with pytest.raises(BoundExceededError, match="over 0 s"):
            process.run(0.3)


def test_a_run_that_takes_too_much_memory_is_ended():
    with child("import time; a = bytearray(400_000_000); time.sleep(60)", max_mb=200) as process:
        process.answer(20)
        with pytest.raises(BoundExceededError, match="GB"):
            process.run(20)


def test_a_child_that_fails_is_quoted():
    with child("raise MemoryError('no room')") as process:
        process.answer(20)
        with pytest.raises(BoundExceededError, match="MemoryError: no room"):
            process.run(20)


def test_the_first_run_warms_up_and_is_not_counted():
    pair = contender(9.0, 1.0)
    pair.run()
    assert measure.summary(pair)["wall_s"] == 1.0


def test_a_first_run_of_a_minute_is_the_measurement():
    slow = contender(60.0, 70.0)
    slow.run()
    assert (measure.summary(slow)["wall_s"], measure.summary(slow)["runs"]) == (60.0, 1)


def test_a_system_that_fails_is_not_asked_again():
    failed = contender()
    failed.run()
    assert measure.summary(failed) == {"failed": "over 4 GB"}


def test_a_failure_is_said_in_the_table():
    run = {"machine": {"processor": "P"}, "cases": [case(figures(0.1), {"failed": "over 14 GB"}, None)]}
    assert "| 100 ms | over 14 GB | - |" in tables.overview(run)


def test_the_table_says_how_many_times_faster():
    run = {"machine": {}, "cases": [case(figures(0.1), figures(1.25), 12.5)]}
    assert "**12x**" in tables.overview(run)


def test_the_stages_stand_side_by_side():
    run = {"machine": {}, "cases": [case(figures(0.1), figures(1.0))]}
    assert "50 / 500" in tables.stages(run)


def test_a_cold_start_that_failed_is_said_in_its_row():
    run = {"cold_start": {"ours": {"ready_s": 0.2, "first_result_s": 0.5}, "rembg": {"failed": "over 240 s"}}}
    assert tables.cold_start(run).splitlines()[2:] == ["| ours | 0.20 s | 0.50 s |", "| rembg | over 240 s | over 240 s |"]


def test_the_plot_is_well_formed_and_has_a_bar_for_each_time():
    picture = ET.fromstring(  # noqa: S314 - our own document
        draw([case(figures(0.1), figures(1.0)), case(figures(0.2), {"failed": "over <4> GB"}, None)])
    )
    bars = [part for part in picture.iter("{http://www.w3.org/2000/svg}rect") if part.get("height") == "11"]
    assert len(bars) == 3


def test_the_facts_name_processor_and_versions():
    assert {"date", "processor", "python", "onnxruntime", "rembg", "commit"} <= set(facts())
