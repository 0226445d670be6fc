from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.metrics import nps

REFERENCE = Path(__file__).parents[3] / "shared" / "data" / "nps" / "nps_reference.json"


def test_the_classic_example() -> None:
    figure = nps(70, 20, 10)

    assert figure.score == pytest.approx(60)
    assert figure.standard_error == pytest.approx(6.63325, abs=1e-5)
    assert (figure.low, figure.high) == pytest.approx((46.9991, 73.0009), abs=1e-4)


def test_there_is_no_nps_where_nobody_answered() -> None:
    assert nps(0, 0, 0) is None


@pytest.mark.skipif(not REFERENCE.exists(), reason="the reference data is not here")
def test_the_reference_cases() -> None:
    for case in json.loads(REFERENCE.read_text())["cases"]:
        counts = (case.get(name, 0) for name in ("promoters", "passives", "detractors"))
        figure = nps(*counts)
        if case.get("nps_2dp", case.get("nps")) is None:
            assert figure is None
            continue
        assert figure.score == pytest.approx(case["nps_2dp"], abs=0.005)
        assert figure.standard_error == pytest.approx(case["se"], abs=1e-5)
        assert [figure.low, figure.high] == pytest.approx(case["ci95_normal"], abs=1e-3)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_interval_holds_the_score(up: int, even: int, down: int) -> None:
    figure = nps(up, even, down)

    assert figure is None or -100 <= figure.low <= figure.score + 1e-9
    assert figure is None or figure.score - 1e-9 <= figure.high <= 100
