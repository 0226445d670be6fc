"""Owns when a mail may go out: hours, weekdays and holidays where the person is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

EVERY_DAY = frozenset(range(1, 8))
FARTHEST = 400  # days; a window that never opens within them is no window


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Weekdays as ISO numbers, and hours; the end of the hours is outside."""

    days: frozenset[int] = EVERY_DAY
    opens: time = time(0, 0)
    closes: time | None = None  # None: the end of the day
    holidays: frozenset[date] = frozenset()
    zone: str = "UTC"

    @property
    def is_always(self) -> bool:
        hours = self.opens == time(0, 0) and self.closes is None
        return hours and not self.holidays and self.days >= EVERY_DAY


def next_moment(window: Window, at: datetime, zone: str = "") -> datetime:
    """Return the first moment from `at` on at which a mail may go out.

    `zone` is where the person is; one that is unknown, or none, is the window's.
    """
    if window.is_always:
        return at
    here = zone_of(zone) or zone_of(window.zone) or ZoneInfo("UTC")
    local = at.astimezone(here)
    for ahead in range(FARTHEST):
        day = local.date() + timedelta(days=ahead)
        if day.isoweekday() not in window.days or day in window.holidays:
            continue
        opens, closes = _hours(window, day, here)
        if opens < closes and at < closes:
            return max(at, opens)
    return at  # nothing is ever open: better mailed than never


def zone_of(name: str) -> ZoneInfo | None:
    """Return the time zone of that name, such as Europe/Berlin, if there is one."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _hours(window: Window, day: date, here: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's opening and closing; a clock that is put forward skips neither."""
    opens = datetime.combine(day, window.opens, here).astimezone(UTC)
    if window.closes is None:
        end = datetime.combine(day + timedelta(days=1), time(0, 0), here)
    else:
        end = datetime.combine(day, window.closes, here)
    return opens, end.astimezone(UTC)
