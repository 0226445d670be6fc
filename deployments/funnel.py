"""Counts how far the people of a deployment came: in all, by day, language, segment.

They are invitations. Through an open door people come without one: whoever keeps what
they answer says so here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

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
NONE = dict.fromkeys(STEPS, 0)
VISIT_STEPS = {name: STEPS[name] for name in ("started", "completed")}

Rows = QuerySet[Any]
Visits = Callable[[Deployment], Rows]  # with language, and the times of VISIT_STEPS
_visits: list[Visits] = []


def register_visits(find: Visits) -> None:
    """Say where those are who came without an invitation and were no test."""
    _visits[:] = [find]


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
    of_invitations: bool  # or of people who came by themselves
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
    by_invitation = deployment.channel != Deployment.Channel.WEB or not _visits
    to_mail, to_answer = _times(rows)
    return Funnel(
        of_invitations=by_invitation,
        **rows.aggregate(
            came_back=_reached("bounced_at"), opened=_reached("opened_at")
        ),
        **_steps(rows if by_invitation else _visits[0](deployment), now, days),
        segments=_by(rows, STEPS, "segment"),
        event_to_mail=_from_events(rows),
        to_mail=to_mail,
        to_answer=to_answer,
    )


def _steps(rows: Rows, now: datetime, days: int) -> dict[str, Any]:
    steps = STEPS if rows.model is Invitation else VISIT_STEPS
    return {
        **NONE,
        **rows.aggregate(**_counts(steps)),
        "days": _by_day(rows, steps, localdate(now), days),
        "languages": _by(rows, steps, "language"),
    }


def _reached(column: str) -> Count:
    return Count("pk", filter=Q(**{f"{column}__isnull": False}))


def _counts(steps: dict[str, str]) -> dict[str, Count]:
    return {name: _reached(column) for name, column in steps.items()}


def _by_day(
    rows: Rows, steps: dict[str, str], today: date, days: int
) -> tuple[Day, ...]:
    first = today - timedelta(days=days - 1)
    told = {name: _on_days(rows, column, first) for name, column in steps.items()}
    span = [first + timedelta(days=number) for number in range(days)]
    return tuple(
        Day(day=day, **NONE | {name: found[day] for name, found in told.items()})
        for day in span
    )


def _on_days(rows: Rows, column: str, first: date) -> Counter[date]:
    found = (
        rows.filter(**{f"{column}__date__gte": first})
        .annotate(on_day=TruncDate(column))
        .values("on_day")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return Counter({row["on_day"]: row["count"] for row in found})


def _by(rows: Rows, steps: dict[str, str], column: str) -> tuple[Part, ...]:
    """The largest parts first; more than can be drawn are left to exports."""
    largest = f"-{next(iter(steps))}"
    found = rows.values(column).annotate(**_counts(steps)).order_by(largest, column)
    return tuple(Part(name=row.pop(column), **NONE | row) for row in found[:MOST_PARTS])


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
