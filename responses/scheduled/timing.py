"""Owns when a dump is made, and when one that failed is tried again. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOURLY, DAILY, WEEKLY, MONTHLY = "hourly", "daily", "weekly", "monthly"
# What follows a try that got nowhere; one that wrote a part begins anew.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)


def next_moment(
    *, every: str, at: time, weekday: int, zone: ZoneInfo, after: datetime
) -> datetime | None:
    """The first moment after this one at which a dump is due; None: never by itself.

    `weekday` is an ISO number; a month is dumped on its first day. A clock that is put
    forward or back skips no day.
    """
    if every == HOURLY:
        full = after.replace(minute=at.minute, second=0, microsecond=0)
        return full if full > after else full + timedelta(hours=1)
    if every not in {DAILY, WEEKLY, MONTHLY}:
        return None
    for day in _days(after.astimezone(zone).date()):
        fits = every == DAILY or (
            day.isoweekday() == weekday if every == WEEKLY else day.day == 1
        )
        moment = datetime.combine(day, at, zone).astimezone(UTC)
        if fits and moment > after:
            return moment
    return None


def next_try(*, tries: int, now: datetime) -> datetime | None:
    """When a run is tried again after so many tries; None: it is given up."""
    if tries > len(PAUSES):
        return None
    return now + PAUSES[max(tries, 1) - 1]


def _days(first: date) -> Iterator[date]:
    # A month and a day hold whatever can be meant.
    return (first + timedelta(days=ahead) for ahead in range(33))
