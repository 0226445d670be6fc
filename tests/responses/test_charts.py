"""Where the parts of a picture are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responses import charts

counts = st.lists(st.integers(0, 10_000), min_size=1, max_size=12)


@settings(deadline=None, max_examples=80)
@given(counts)
def test_stacked_parts_fill_the_bar(numbers):
    parts = charts.stacked([(str(n), count) for n, count in enumerate(numbers)])

    end = sum(float(part.width) for part in parts)
    assert end == pytest.approx(100 if sum(numbers) else 0, abs=0.1)
    assert all(0 <= float(part.x) <= 100.01 for part in parts)


@settings(deadline=None, max_examples=80)
@given(counts)
def test_columns_stand_on_the_ground_and_reach_the_top(numbers):
    columns = charts.columns([("a", str(n), count) for n, count in enumerate(numbers)])

    for column in columns:
        assert float(column.y) + float(column.height) == pytest.approx(40, abs=0.02)
        assert (float(column.height) > 0) == (column.count > 0)
    if any(numbers):
        assert max(float(column.height) for column in columns) == 40


def test_numbers_are_written_with_a_point_and_no_tail():
    assert charts.number(12.0) == "12"
    assert charts.number(1 / 3) == "0.33"
    assert charts.number(100) == "100"
    assert charts.percent(1, 0) == 0


def test_interval_lies_on_the_line():
    drawn = charts.interval(20, -10, 50)

    assert (drawn.x, drawn.low, drawn.width) == ("120", "90", "60")
