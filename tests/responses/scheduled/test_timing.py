"""When a dump is due, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from responses.scheduled.timing import PAUSES, next_moment, next_try

BERLIN = ZoneInfo("Europe/Berlin")


def moment(every, after, *, at=time(3, 0), weekday=1, zone=BERLIN):
    return next_moment(every=every, at=at, weekday=weekday, zone=zone, after=after)


@pytest.mark.parametrize(
    ("every", "after", "due"),
    [
        ("hourly", "2026-11-21T09:00", "2026-11-21T10:00"),
        ("hourly", "2026-11-21T23:30", "2026-11-22T00:00"),
        ("daily", "2026-11-21T01:59", "2026-11-21T02:00"),
        ("daily", "2026-11-21T02:00", "2026-11-22T02:00"),
        ("weekly", "2026-11-21T09:00", "2026-11-23T02:00"),
        ("monthly", "2026-11-21T09:00", "2026-12-01T02:00"),
        ("monthly", "2026-12-01T02:00", "2027-01-01T02:00"),
        # Clocks go forward on the 29th of March: 3 o'clock is an hour earlier.
        ("daily", "2026-03-28T09:00", "2026-03-29T01:00"),
    ],
)
def test_the_next_moment(every, after, due):
    found = moment(every, datetime.fromisoformat(f"{after}+00:00"))

    assert found == datetime.fromisoformat(f"{due}+00:00")


def test_one_that_is_only_asked_for_is_never_due():
    assert moment("hand", datetime(2026, 1, 1, tzinfo=UTC)) is None


@given(
    every=st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
    minutes=st.integers(0, 20 * 366 * 24 * 60),
    at=st.times(),
    weekday=st.integers(1, 7),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata"]),
)
@settings(deadline=None, max_examples=200)
def test_there_is_always_a_next_moment_and_it_is_later(
    every, minutes, at, weekday, zone
):
    after = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    at = at.replace(second=0, microsecond=0)

    found = moment(every, after, at=at, weekday=weekday, zone=ZoneInfo(zone))

    assert found is not None
    assert after < found <= after + timedelta(days=33)


def test_tries_get_rarer_until_it_is_given_up():
    now = datetime(2026, 1, 1, tzinfo=UTC)

    waits = [next_try(tries=tries, now=now) for tries in range(1, len(PAUSES) + 2)]

    assert waits == [*(now + pause for pause in PAUSES), None]
