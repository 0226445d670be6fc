"""Asks everybody of a list again and again: each week a share of them, so that all
were asked after so many months.

Whose week it is follows from the id of the record alone: nobody is asked twice in a
round, and who is new on the list comes in with its own week.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from datetime import date, datetime, timedelta

from deployments import mailings
from deployments.models import Deployment, Mailing, PeopleList
from deployments.sources import PersonRef, SourceError, UnknownSource

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=30)
TRY_AGAIN = timedelta(hours=1)
MOST_WEEKS = 4  # that are caught up with after an outage
WEEKS_A_MONTH = 52 / 12


def ask_due(*, now: datetime) -> int:
    """Ask this week's share of every list that is due; return how many lists."""
    due = PeopleList.objects.filter(
        deployment__channel=Deployment.Channel.RECURRING,
        deployment__status=Deployment.Status.LIVE,
        is_active=True,
    ).select_related("deployment__survey__live_version")
    return sum(
        _claim_and_ask(people, now)
        for people in due.order_by("pk")
        if people.due_at is None or people.due_at <= now
    )


def week_of(day: date) -> int:
    """Weeks begin on Mondays."""
    return (day.toordinal() - 1) // 7


def weeks_of_a_round(people: PeopleList) -> int:
    return max(1, round(people.every_months * WEEKS_A_MONTH))


def is_turn(people: PeopleList, ref: PersonRef, week: int) -> bool:
    """Say whether this is the person's week."""
    weeks = weeks_of_a_round(people)
    digest = hashlib.sha256(f"{people.pk}:{ref.record_id[:15]}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % weeks == week % weeks


def _claim_and_ask(people: PeopleList, now: datetime) -> bool:
    lease = uuid.uuid4()
    held = PeopleList.objects.filter(pk=people.pk, lease_token=lease)
    free = PeopleList.objects.filter(pk=people.pk, due_at=people.due_at)
    if not free.update(lease_token=lease, due_at=now + LEASE):
        return False
    try:
        for week in _weeks(people, now):
            _ask(people, week, now)
    except (SourceError, UnknownSource) as error:
        log.warning("The list %s could not be read: %s", people, error)
        held.update(error=str(error)[:2000], due_at=now + TRY_AGAIN)
        return False
    return bool(held.update(error="", read_at=now, due_at=_next_monday(now)))


def _weeks(people: PeopleList, now: datetime) -> range:
    """This week, and those before it that nobody was asked in for an outage."""
    this = week_of(now.date())
    if people.read_at is None:
        return range(this, this + 1)
    first = max(week_of(people.read_at.date()) + 1, this - MOST_WEEKS + 1)
    return range(first, this + 1)


def _ask(people: PeopleList, week: int, now: datetime) -> Mailing:
    number = week // weeks_of_a_round(people)
    year, of_year, _day = date.fromordinal(week * 7 + 1).isocalendar()
    return mailings.mail_list(
        people=people,
        name=f"{people.name[:80]} {year}-W{of_year:02}",
        event_key=f"round:{people.pk}:{number}",
        wanted=lambda ref: is_turn(people, ref, week),
        now=now,
    )


def _next_monday(now: datetime) -> datetime:
    day = date.fromordinal((week_of(now.date()) + 1) * 7 + 1)
    return datetime.combine(day, now.timetz().replace(hour=6, minute=0, second=0))
