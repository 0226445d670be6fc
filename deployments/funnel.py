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


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    day: date
    asked: int
    completed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    asked: int
    sent: int
    came_back: int
    opened: int
    started: int
    completed: int
    days: tuple[Day, ...]
    languages: tuple[tuple[str, int, int], ...]  # language, asked, completed
    to_mail: timedelta | None  # the median from being asked to the mail
    to_answer: timedelta | None  # the median from the mail to the answers


def funnel(*, deployment: Deployment, now: datetime, days: int = DAYS) -> Funnel:
    """Count everything that was no test."""
    rows = Invitation.objects.filter(deployment=deployment, is_test=False)
    totals = rows.aggregate(
        asked=Count("pk"),
        sent=Count("pk", filter=Q(sent_at__isnull=False)),
        came_back=Count("pk", filter=Q(bounced_at__isnull=False)),
        opened=Count("pk", filter=Q(opened_at__isnull=False)),
        started=Count("pk", filter=Q(started_at__isnull=False)),
        completed=Count("pk", filter=Q(completed_at__isnull=False)),
    )
    to_mail, to_answer = _times(rows)
    return Funnel(
        **totals,
        days=_by_day(rows, now, days),
        languages=_by_language(rows),
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


def _by_language(rows: QuerySet[Invitation]) -> tuple[tuple[str, int, int], ...]:
    found = (
        rows.values("language")
        .annotate(
            asked=Count("pk"),
            completed=Count("pk", filter=Q(completed_at__isnull=False)),
        )
        .order_by("-asked", "language")
    )
    return tuple((row["language"], row["asked"], row["completed"]) for row in found)


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
