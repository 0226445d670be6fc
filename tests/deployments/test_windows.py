"""Mails go out when it is day where the person is, and never on a holiday."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.rules.windows import EVERY_DAY, Window, next_moment, zone_of

OFFICE = Window(
    days=frozenset({1, 2, 3, 4, 5}),
    opens=time(9),
    closes=time(17),
    zone="Europe/Berlin",
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02T08:00", "2026-03-02T08:00"),  # Monday, 9:00 in Berlin
        ("2026-03-02T07:59", "2026-03-02T08:00"),
        ("2026-03-02T15:59", "2026-03-02T15:59"),
        ("2026-03-02T16:00", "2026-03-03T08:00"),  # the end is outside
        ("2026-03-06T20:00", "2026-03-09T08:00"),  # Friday night to Monday
        ("2026-03-27T20:00", "2026-03-30T07:00"),  # the clock goes forward meanwhile
    ],
)
def test_the_office_hours_of_the_window(moment, expected):
    assert next_moment(OFFICE, at(moment)) == at(expected)


def test_the_persons_own_time_zone_comes_first():
    assert next_moment(OFFICE, at("2026-03-02T08:00"), "America/New_York") == at(
        "2026-03-02T14:00"
    )


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "", "\x00"])
def test_a_zone_that_is_none_is_the_windows(zone):
    assert zone_of(zone) is None
    assert next_moment(OFFICE, at("2026-03-02T07:00"), zone) == at("2026-03-02T08:00")


def test_holidays_are_left_out():
    window = Window(
        holidays=frozenset({date(2026, 12, 25), date(2026, 12, 26)}), zone="UTC"
    )

    assert next_moment(window, at("2026-12-25T10:00")) == at("2026-12-27T00:00")


def test_a_window_that_never_opens_does_not_lose_the_mail():
    never = Window(opens=time(17), closes=time(9))

    assert next_moment(never, at("2026-03-02T08:00")) == at("2026-03-02T08:00")


def test_no_window_changes_nothing():
    assert next_moment(Window(), at("2026-03-01T03:00")) == at("2026-03-01T03:00")


@given(
    minutes=st.integers(0, 2 * 366 * 24 * 60),
    days=st.frozensets(st.integers(1, 7), min_size=1),
    opens=st.integers(0, 21),
    length=st.integers(1, 2),
    zone=st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]
    ),
)
@settings(max_examples=150, deadline=None)
def test_what_comes_out_is_inside_and_never_earlier(minutes, days, opens, length, zone):
    window = Window(
        days=days, opens=time(opens), closes=time(opens + length), zone=zone
    )
    moment = at("2025-01-01T00:00") + timedelta(minutes=minutes)

    found = next_moment(window, moment)

    assert found >= moment
    assert next_moment(window, found) == found
    local = found.astimezone(zone_of(zone))
    assert local.isoweekday() in days
    assert local.hour - opens <= length  # an hour may be missing where clocks change
    assert found - moment <= timedelta(days=9)


def test_every_day_is_seven_days():
    assert len(EVERY_DAY) == 7
