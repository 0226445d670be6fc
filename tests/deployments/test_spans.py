"""A limit looks back so many hours, days, weeks or months."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.rules.spans import UNITS, Span, since, words

NOW = datetime(2026, 3, 31, 10, 30, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=4000)).map(NOW.__add__)
spans = st.builds(Span, amount=st.integers(1, 3650), unit=st.sampled_from(UNITS))


@pytest.mark.parametrize(
    ("amount", "unit", "start"),
    [
        (36, "hours", "2026-03-29T22:30"),
        (90, "days", "2025-12-31T10:30"),
        (2, "weeks", "2026-03-17T10:30"),
        (3, "months", "2025-12-31T10:30"),
        (12, "months", "2025-03-31T10:30"),
        # There is no 31 February: what was asked in it still counts no longer.
        (1, "months", "2026-03-01T00:00"),
        (4, "months", "2025-12-01T00:00"),
    ],
)
def test_a_span_ends_now(amount, unit, start):
    wanted = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert since(Span(amount=amount, unit=unit), NOW) == wanted


def test_it_does_not_matter_in_which_zone_now_is_told():
    there = NOW.astimezone(timezone(timedelta(hours=13)))

    for unit in UNITS:
        span = Span(amount=1, unit=unit)
        assert since(span, there) == since(span, NOW)


@given(spans, moments, st.timedeltas(timedelta(0), timedelta(days=40)))
@settings(deadline=None, max_examples=200)
def test_what_has_ceased_to_count_never_counts_again(span, now, later):
    assert since(span, now) < now
    assert since(span, now) <= since(span, now + later)


def test_a_span_is_said_in_words():
    said = [
        words(Span(amount=amount, unit=unit)) for unit in UNITS for amount in (1, 2)
    ]

    assert said == [
        *("in 1 hour", "in 2 hours", "in 1 day", "in 2 days"),
        *("in 1 week", "in 2 weeks", "in 1 month", "in 2 months"),
    ]
