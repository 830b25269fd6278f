"""The container benchmarks' tables, charts and verdicts, from made-up runs."""

from xml.etree import ElementTree as ET

import pytest

from benchmarks.container import charts, page
from benchmarks.container.cold_start import over_budget
from benchmarks.container.memory import per_thousand, recommended

START = {"init_ms": 1000.0, "first_result_ms": 1500.0, "warm_ms": 300.0}
COLD = {
    "machine": {"date": "2026-11-24"},
    "base": "stand-in",
    "memory_mib": 3008,
    "rounds": 3,
    "starts": {
        "ours": START,
        "rembg, compiled in the image": START | {"first_result_ms": 4000.0},
        "rembg, as installed": START | {"first_result_ms": 9000.0},
    },
    "parts": {"interpreter": 20.0, "numpy": 80.0},
    "sizes": {"ours": {"image_bytes": 200, "own_bytes": 100}, "rembg": {"image_bytes": 500, "own_bytes": 400}},
}
SMALL = {"memory_mib": 512, "megapixels": 1, "start_ms": 9e3, "ms": 4000.0, "peak_mb": 200.0, "per_thousand": 0.030}
ROWS = [
    SMALL,
    SMALL | {"memory_mib": 1769, "ms": 1000.0, "per_thousand": 0.031},
    SMALL | {"memory_mib": 3008, "ms": 900.0, "per_thousand": 0.045},
]
MEMORY = {
    "largest": [{"memory_mib": 512, "failed": "out of memory"}, {"memory_mib": 1769, "ms": 9000.0, "peak_mb": 1500.0}],
    "machine": {},
    "base": "x",
    "default_mib": 1769,
    "recommended_mib": 1769,
    "ours": ROWS,
    "rembg": ROWS[1:],
}


def test_what_is_within_budget_is_no_complaint():
    assert over_budget(COLD) == []


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"init_ms": 3001.0}, "A start takes 3001 ms"),
        ({"first_result_ms": 2251.0}, "more than 25% of rembg's time"),
    ],
)
def test_a_start_over_budget_is_told(changed, complaint):
    starts = COLD["starts"] | {"ours": START | changed}
    (told,) = over_budget(COLD | {"starts": starts})
    assert complaint in told


def test_an_image_over_budget_is_told():
    sizes = COLD["sizes"] | {"ours": {"image_bytes": 300, "own_bytes": 134}}
    (told,) = over_budget(COLD | {"sizes": sizes})
    assert "more than 33%" in told


def test_the_recommended_size_is_the_fastest_at_little_more_than_the_least_price():
    assert recommended(ROWS, []) == 1769


def test_a_size_at_which_a_picture_fails_is_never_recommended():
    assert recommended([*ROWS, {"memory_mib": 1769, "megapixels": 12, "start_ms": 1.0, "failed": "out of memory"}], []) == 512


def test_nor_is_one_that_cannot_do_the_largest_picture():
    assert recommended(ROWS, [{"memory_mib": 1769, "failed": "out of memory"}]) == 512


def test_a_thousand_images_cost_their_gigabyte_seconds_and_their_requests():
    # 1,000 x (1 GB x 1 s x 0.0000166667 + 0.0000002)
    assert per_thousand(1000.0, 1024) == pytest.approx(0.0168667)


@pytest.mark.parametrize("drawn", [charts.cold_start(COLD), charts.memory(MEMORY)])
def test_a_chart_is_well_formed(drawn):
    assert ET.fromstring(drawn).tag.endswith("svg")  # noqa: S314 - our own


def test_a_table_has_a_row_for_each_size_and_tells_failures():
    table = page.memory(MEMORY | {"rembg": [SMALL, SMALL | {"megapixels": 12, "failed": "out of memory"}]})
    assert "| 1769 | 9.0 s | 1.00 s | 0.031 | 200 |" in table
    assert "out of memory" in table


def test_sizes_are_compared_whole_and_above_the_base():
    assert "| ours of rembg's | 0.40 | 0.25 |" in page.cold_start(COLD)


def test_a_section_is_replaced_and_nothing_else(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("a\n<!-- x: written by the benchmark -->\nold\n<!-- /x -->\nb\n")
    page.write("x", "new", path)
    page.write("x", "newer", path)
    assert path.read_text() == "a\n<!-- x: written by the benchmark -->\n\nnewer\n\n<!-- /x -->\nb\n"
