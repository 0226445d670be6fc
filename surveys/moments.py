"""Dates and times of day as people send them, in their one canonical form.

Pure: what they mean in a time zone is not known here.
"""

from __future__ import annotations

import re
from datetime import date, time

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.0{1,6})?)?\Z")
FIRST_YEAR, LAST_YEAR = 1700, 4000


def normal(kind: str, text: str) -> str | None:
    """The text as 2026-12-31, 13:45 or 2026-12-31T13:45; None when it is neither."""
    if kind == "date":
        return day(text)
    if kind == "time":
        return clock(text)
    first, sign, second = text.replace(" ", "T").partition("T")
    at = (day(first), clock(second)) if sign else (None, None)
    return f"{at[0]}T{at[1]}" if at[0] and at[1] else None


def day(text: str) -> str | None:
    try:
        found = date.fromisoformat(text) if DATE.match(text) else None
    except ValueError:
        return None
    fits = found is not None and FIRST_YEAR <= found.year <= LAST_YEAR
    return found.isoformat() if found and fits else None


def clock(text: str) -> str | None:
    if not TIME.match(text):
        return None
    hours, minutes, seconds = [*text.split(".")[0].split(":"), "0"][:3]
    try:
        found = time(int(hours), int(minutes), int(seconds))
    except ValueError:
        return None
    return f"{found:%H:%M:%S}" if found.second else f"{found:%H:%M}"
