"""Counts how far the invitations of a deployment came, in all and by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from deployments.models import Deployment, Invitation

DAYS = 30
SAMPLE = 1000
MOST_PARTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    day: date
    asked: int
    completed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Those of one language, or of one segment."""

    name: str
    asked: int
    sent: int
    started: int
    completed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    asked: int
    sent: int
    delivered: int  # as far as mail providers tell
    came_back: int
    opened: int
    started: int
    completed: int
    days: tuple[Day, ...]
    languages: tuple[Part, ...]
    segments: tuple[Part, ...]
    to_event: timedelta | None  # the median from the event to being asked
    to_mail: timedelta | None  # the median from being asked to the mail
    to_answer: timedelta | None  # the median from the mail to the answers


def funnel(*, deployment: Deployment, now: datetime, days: int = DAYS) -> Funnel:
    """Count everything that was no test."""
    rows = Invitation.objects.filter(deployment=deployment, is_test=False)
    totals = rows.aggregate(
        asked=Count("pk"),
        sent=Count("pk", filter=Q(sent_at__isnull=False)),
        delivered=Count("pk", filter=Q(delivered_at__isnull=False)),
        came_back=Count("pk", filter=Q(bounced_at__isnull=False)),
        opened=Count("pk", filter=Q(opened_at__isnull=False)),
        started=Count("pk", filter=Q(started_at__isnull=False)),
        completed=Count("pk", filter=Q(completed_at__isnull=False)),
    )
    to_mail, to_answer = _times(rows)
    return Funnel(
        **totals,
        days=_by_day(rows, now, days),
        languages=_by(rows, "language"),
        segments=_by(rows, "segment"),
        to_event=_from_events(rows),
        to_mail=to_mail,
        to_answer=to_answer,
    )


def _by_day(rows: QuerySet[Invitation], now: datetime, days: int) -> tuple[Day, ...]:
    first = now.date() - timedelta(days=days - 1)
    asked = _count(rows, "created_at", first)
    completed = _count(rows, "completed_at", first)
    span = [first + timedelta(days=number) for number in range(days)]
    return tuple(
        Day(day=day, asked=asked[day], completed=completed[day]) for day in span
    )


def _count(rows: QuerySet[Invitation], column: str, first: date) -> Counter[date]:
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
    found = (
        rows.values(column)
        .annotate(
            asked=Count("pk"),
            sent=Count("pk", filter=Q(sent_at__isnull=False)),
            started=Count("pk", filter=Q(started_at__isnull=False)),
            completed=Count("pk", filter=Q(completed_at__isnull=False)),
        )
        .order_by("-asked", column)[:MOST_PARTS]
    )
    return tuple(
        Part(
            name=row[column],
            asked=row["asked"],
            sent=row["sent"],
            started=row["started"],
            completed=row["completed"],
        )
        for row in found
    )


def _from_events(rows: QuerySet[Invitation]) -> timedelta | None:
    caused = rows.filter(
        decisions__invited=True, decisions__event__occurred_at__isnull=False
    ).order_by("-pk")
    return _median(
        caused.values_list("decisions__event__occurred_at", "created_at")[:SAMPLE]
    )


def _times(rows: QuerySet[Invitation]) -> tuple[timedelta | None, timedelta | None]:
    """The newest ones tell; all of them would be too many."""
    sent = rows.exclude(sent_at=None).order_by("-pk")
    answered = sent.exclude(completed_at=None)
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
