"""Counts how far the invitations of a deployment came, in all and by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.timezone import localdate

from deployments.models import Deployment, Invitation

DAYS = 30
SAMPLE = 1000
MOST_PARTS = 20


# How far somebody came: what is counted, and when it happened.
STEPS = {
    "asked": "created_at",
    "sent": "sent_at",
    "delivered": "delivered_at",
    "started": "started_at",
    "completed": "completed_at",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    asked: int
    sent: int
    delivered: int  # as far as mail providers tell
    started: int
    completed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Counts):
    """What happened on one day."""

    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Counts):
    """Those of one language, or of one segment."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel(Counts):
    came_back: int
    opened: int
    days: tuple[Day, ...]
    languages: tuple[Part, ...]
    segments: tuple[Part, ...]
    event_to_mail: timedelta | None  # medians, as all of these
    to_mail: timedelta | None  # from being asked
    to_answer: timedelta | None  # from the mail


def funnel(*, deployment: Deployment, now: datetime, days: int = DAYS) -> Funnel:
    """Count everything that was no test."""
    rows = Invitation.objects.filter(deployment=deployment, is_test=False)
    totals = rows.aggregate(
        **_counts(), came_back=_reached("bounced_at"), opened=_reached("opened_at")
    )
    to_mail, to_answer = _times(rows)
    return Funnel(
        **totals,
        days=_by_day(rows, localdate(now), days),
        languages=_by(rows, "language"),
        segments=_by(rows, "segment"),
        event_to_mail=_from_events(rows),
        to_mail=to_mail,
        to_answer=to_answer,
    )


def _reached(column: str) -> Count:
    return Count("pk", filter=Q(**{f"{column}__isnull": False}))


def _counts() -> dict[str, Count]:
    return {name: _reached(column) for name, column in STEPS.items()}


def _by_day(rows: QuerySet[Invitation], today: date, days: int) -> tuple[Day, ...]:
    first = today - timedelta(days=days - 1)
    told = {name: _on_days(rows, column, first) for name, column in STEPS.items()}
    span = [first + timedelta(days=number) for number in range(days)]
    return tuple(
        Day(day=day, **{name: found[day] for name, found in told.items()})
        for day in span
    )


def _on_days(rows: QuerySet[Invitation], column: str, first: date) -> Counter[date]:
    found = (
        rows.filter(**{f"{column}__date__gte": first})
        .annotate(on_day=TruncDate(column))
        .values("on_day")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return Counter({row["on_day"]: row["count"] for row in found})


def _by(rows: QuerySet[Invitation], column: str) -> tuple[Part, ...]:
    """The largest parts first; more than can be drawn are left to exports."""
    found = rows.values(column).annotate(**_counts()).order_by("-asked", column)
    return tuple(Part(name=row.pop(column), **row) for row in found[:MOST_PARTS])


def _from_events(rows: QuerySet[Invitation]) -> timedelta | None:
    caused = rows.filter(
        sent_at__isnull=False,
        decisions__invited=True,
        decisions__event__occurred_at__isnull=False,
    ).order_by("-pk")
    return _median(
        caused.values_list("decisions__event__occurred_at", "sent_at")[:SAMPLE]
    )


def _times(rows: QuerySet[Invitation]) -> tuple[timedelta | None, timedelta | None]:
    """The newest ones tell; all of them would be too many."""
    sent = rows.exclude(sent_at=None).order_by("-pk")
    # Of who answers without a name the day is known, and no more.
    answered = sent.exclude(completed_at=None).exclude(deployment__anonymous=True)
    return (
        _median(sent.values_list("created_at", "sent_at")[:SAMPLE]),
        _median(answered.values_list("sent_at", "completed_at")[:SAMPLE]),
    )


def _median(
    spans: Iterable[tuple[datetime | None, datetime | None]],
) -> timedelta | None:
    seconds = [
        (later - earlier).total_seconds()
        for earlier, later in spans
        if earlier and later
    ]
    return timedelta(seconds=round(median(seconds))) if seconds else None
