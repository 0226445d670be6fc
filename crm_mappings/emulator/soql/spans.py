"""Owns the date words of SOQL: the days that TODAY or LAST_N_DAYS:7 stands for."""

from collections.abc import Callable
from datetime import date, timedelta

Span = tuple[date, date]  # the first day, and the day after the last


def _days(first: int, length: int = 1) -> Callable[[date], Span]:
    def span(today: date) -> Span:
        start = today + timedelta(days=first)
        return start, start + timedelta(days=length)

    return span


def _week(ahead: int) -> Callable[[date], Span]:
    """Weeks start on Sunday, as in the default locale."""

    def span(today: date) -> Span:
        sunday = today - timedelta(days=(today.weekday() + 1) % 7)
        start = sunday + timedelta(weeks=ahead)
        return start, start + timedelta(weeks=1)

    return span


def _month(ahead: int) -> Callable[[date], Span]:
    def span(today: date) -> Span:
        return _first(today, ahead), _first(today, ahead + 1)

    return span


def _first(today: date, ahead: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
    return date(year, month + 1, 1)


def _year(ahead: int) -> Callable[[date], Span]:
    def span(today: date) -> Span:
        return date(today.year + ahead, 1, 1), date(today.year + ahead + 1, 1, 1)

    return span


PLAIN: dict[str, Callable[[date], Span]] = {
    "YESTERDAY": _days(-1),
    "TODAY": _days(0),
    "TOMORROW": _days(1),
    "LAST_WEEK": _week(-1),
    "THIS_WEEK": _week(0),
    "NEXT_WEEK": _week(1),
    "LAST_MONTH": _month(-1),
    "THIS_MONTH": _month(0),
    "NEXT_MONTH": _month(1),
    "LAST_90_DAYS": _days(-90, 91),
    "NEXT_90_DAYS": _days(1, 90),
    "LAST_YEAR": _year(-1),
    "THIS_YEAR": _year(0),
    "NEXT_YEAR": _year(1),
}
COUNTED: dict[str, Callable[[int], Callable[[date], Span]]] = {
    "LAST_N_DAYS": lambda count: _days(-count, count + 1),
    "NEXT_N_DAYS": lambda count: _days(1, count),
    "N_DAYS_AGO": lambda count: _days(-count),
}


def span(word: str, count: int, today: date) -> Span:
    if word in PLAIN:
        return PLAIN[word](today)
    # Nobody asks for ten thousand years; the bound keeps dates representable.
    return COUNTED[word](min(count, 100_000))(today)
