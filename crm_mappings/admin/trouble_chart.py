"""Owns the picture of a connection's errors: bars by day and kind, drawn here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum
from django.db.models.functions import TruncDate
from django.utils.formats import date_format

from crm_mappings.models import Connection
from crm_mappings.salesforce.errors import words
from surveys.wording import gettext as _

DAYS = 14
WIDTH, HEIGHT, GAP = 36, 90, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    x: int
    y: int
    height: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    bars: tuple[Bar, ...]
    # Day -> where its label stands.
    days: tuple[tuple[str, int], ...]
    # Kind, its title, and how often it came.
    legend: tuple[tuple[str, str, int], ...]
    most: int
    width: int = DAYS * (WIDTH + GAP)
    bar_width: int = WIDTH
    height: int = HEIGHT

    @property
    def total(self) -> int:
        return sum(count for _kind, _title, count in self.legend)


def chart(connection: Connection, *, now: datetime) -> Chart:
    """Return the errors of the last two weeks."""
    first = (now - timedelta(days=DAYS - 1)).date()
    rows = (
        connection.troubles.filter(hour__date__gte=first)
        .annotate(day=TruncDate("hour"))
        .values_list("day", "kind")
        .annotate(sum=Sum("count"))
        .order_by("day", "kind")
    )
    counts = {(day, kind): count for day, kind, count in rows}
    days = [first + timedelta(days=number) for number in range(DAYS)]
    most = max((_of_day(counts, day) for day in days), default=0)
    bars = [
        bar
        for number, day in enumerate(days)
        for bar in _bars(counts, day, number, most)
    ]
    return Chart(
        bars=tuple(bars),
        days=tuple(
            (date_format(day, "j M"), number * (WIDTH + GAP) + WIDTH // 2)
            for number, day in enumerate(days)
            if number % 2  # the last one is among them
        ),
        legend=_legend(counts),
        most=most,
    )


def _of_day(counts: dict[tuple[date, str], int], day: date) -> int:
    return sum(count for (when, _kind), count in counts.items() if when == day)


def _bars(
    counts: dict[tuple[date, str], int], day: date, number: int, most: int
) -> list[Bar]:
    """Stack the kinds of one day, the first at the bottom."""
    bars, top = [], HEIGHT
    for (when, kind), count in sorted(counts.items()):
        if when == day:
            height = max(2, HEIGHT * count // most)
            top = max(top - height, 0)
            text = f"{date_format(day)}: {count} × {_title(kind)}"
            x = number * (WIDTH + GAP)
            bars.append(Bar(x=x, y=top, height=height, kind=kind, text=text))
    return bars


def _legend(
    counts: dict[tuple[date, str], int],
) -> tuple[tuple[str, str, int], ...]:
    kinds = sorted({kind for _day, kind in counts})
    return tuple(
        (
            kind,
            _title(kind),
            sum(count for (_day, own), count in counts.items() if own == kind),
        )
        for kind in kinds
    )


def _title(kind: str) -> str:
    known = words(kind)
    return _(known.title) if known else kind
