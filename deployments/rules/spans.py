"""Owns how far back a limit looks: so many hours, days, weeks or months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from surveys.wording import ngettext

HOURS, DAYS, WEEKS, MONTHS = UNITS = ("hours", "days", "weeks", "months")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    amount: int
    unit: str = DAYS


def since(span: Span, now: datetime) -> datetime:
    """Return the moment after which everything counts."""
    if span.unit == MONTHS:
        return _months_before(span.amount, now.astimezone(UTC))
    return now - timedelta(**{span.unit: span.amount})


def words(span: Span) -> str:
    """Say the span as it stands behind “at most 2”."""
    count = span.amount
    match span.unit:
        case "hours":
            said = ngettext("in %(count)s hour", "in %(count)s hours", count)
        case "weeks":
            said = ngettext("in %(count)s week", "in %(count)s weeks", count)
        case "months":
            said = ngettext("in %(count)s month", "in %(count)s months", count)
        case _:
            said = ngettext("in %(count)s day", "in %(count)s days", count)
    return said % {"count": count}


def _months_before(months: int, now: datetime) -> datetime:
    """The same day and time of an earlier month.

    Where that month has no such day it is the month's end: as time goes on, what has
    ceased to count never counts again.
    """
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    try:
        return now.replace(year=year, month=month + 1)
    except ValueError:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight.replace(year=year, month=month + 2, day=1)
