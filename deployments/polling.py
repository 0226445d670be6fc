"""Asks sources for records that changed: where nothing tells us, and behind what does.

Messages can be lost (Salesforce gives up after a day). A poll finds what matches a
trigger and was never told, and makes it an event; what was told already is left out.
A run takes so many and no more, and nothing that is older than its age.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Min, QuerySet

from deployments import sources
from deployments.models import Deployment, Poll, Trigger, TriggerEvent
from deployments.reading import rule_of
from deployments.rules import Event, TriggerRule, matches
from deployments.rules.deciding import paths
from deployments.sources import Cursor, Record, SourceError, UnknownSource
from deployments.triggers import receive
from surveys.conditions import ConditionError

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
PAGE = 200
MOST_PAGES = 5  # a run; what is left comes with the next
OLDEST = timedelta(days=3)
# A change can become visible a little after its own time stamp.
OVERLAP = timedelta(minutes=5)
PREFIX = "poll"


def poll_due(*, now: datetime, page: int = PAGE, pages: int = MOST_PAGES) -> int:
    """Ask where it is time to; return how many events nobody had told."""
    _follow_triggers(now)
    due = Poll.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    size = (page, pages)
    return sum(_claim_and_ask(poll, size, now) for poll in due)


def _follow_triggers(now: datetime) -> None:
    """Begin with what triggers want polled from now on, and forget what none does."""
    wanted = {
        (source, object_name): minutes
        for source, object_name, minutes in _polled()
        .values_list("source", "object")
        .annotate(Min("poll_minutes"))
        .order_by()
    }
    for poll in Poll.objects.all():
        if wanted.pop((poll.source, poll.object), None) is None:
            poll.delete()
    Poll.objects.bulk_create(
        [
            Poll(source=source, object=object_name, cursor_at=now, due_at=now)
            for source, object_name in wanted
        ],
        ignore_conflicts=True,
    )


def _polled() -> QuerySet[Trigger]:
    return Trigger.objects.filter(
        poll_minutes__gt=0, is_active=True, deployment__status=Deployment.Status.LIVE
    )


def _claim_and_ask(poll: Poll, size: tuple[int, int], now: datetime) -> int:
    lease = uuid.uuid4()
    held = Poll.objects.filter(pk=poll.pk, lease_token=lease)
    free = Poll.objects.filter(pk=poll.pk, due_at=poll.due_at)
    if not free.update(lease_token=lease, due_at=now + LEASE):
        return 0
    triggers = list(
        _polled()
        .filter(source=poll.source, object=poll.object)
        .select_related("deployment__survey")
    )
    pause = timedelta(minutes=min((one.poll_minutes for one in triggers), default=60))
    try:
        found = _ask(poll, held, triggers, size, now)
    except (SourceError, UnknownSource, ConditionError) as error:
        log.warning("%s could not be polled: %s", poll, error)
        held.update(error=str(error)[:2000], due_at=now + pause)
        return 0
    held.update(
        error="",
        asked_at=now,
        found=poll.found + found,
        caught_up=poll.caught_up,
        due_at=now + (pause if poll.caught_up else timedelta(minutes=1)),
    )
    return found


def _ask(
    poll: Poll,
    held: QuerySet[Poll],
    triggers: Sequence[Trigger],
    size: tuple[int, int],
    now: datetime,
) -> int:
    page, pages = size
    feed = sources.get(poll.source)
    rules = [rule_of(one) for one in triggers]
    wanted = sorted({path for rule in rules for path in paths(rule)})
    since = _start(poll, now)
    found = 0
    for _turn in range(pages):
        records = feed.changed(poll.source, poll.object, wanted, since, page)
        found += _take(poll, rules, records, now)
        if records:
            since = records[-1].cursor
            # The cursor moves when what is before it is stored, never earlier.
            held.update(cursor_at=since.at, cursor_id=since.record_id)
        poll.caught_up = len(records) < page
        if poll.caught_up:
            break
    return found


def _start(poll: Poll, now: datetime) -> Cursor:
    oldest = now - OLDEST
    if poll.cursor_at < oldest:
        return Cursor(at=oldest)
    if poll.caught_up:
        return Cursor(at=poll.cursor_at - OVERLAP)
    return Cursor(at=poll.cursor_at, record_id=poll.cursor_id)


def _take(
    poll: Poll, rules: Sequence[TriggerRule], records: Sequence[Record], now: datetime
) -> int:
    """Store what matches, or matched before, and was not told in this state."""
    known = _latest(poll, [record.record_id for record in records])
    events = []
    for record in records:
        event = _event(poll, record)
        last = known.get(record.record_id)
        told = last is not None and last >= record.changed_at
        fits = any(matches(rule, event, now) for rule in rules)
        if not told and (fits or last is not None):
            events.append(event)
    return receive(events=events, now=now).stored if events else 0


def _latest(poll: Poll, record_ids: Sequence[str]) -> dict[str, datetime]:
    told = TriggerEvent.objects.filter(
        source=poll.source, object__iexact=poll.object, record_id__in=record_ids
    ).exclude(occurred_at=None)
    latest: dict[str, datetime] = {}
    for record_id, at in told.values_list("record_id", "occurred_at"):
        if at and at >= latest.get(record_id, at):
            latest[record_id] = at
    return latest


def _event(poll: Poll, record: Record) -> Event:
    stamp = record.changed_at.strftime("%Y%m%dT%H%M%S%f")
    return Event(
        source=poll.source,
        event_id=f"{PREFIX}:{record.record_id[:60]}:{stamp}",
        object=poll.object,
        record_id=record.record_id,
        fields=record.fields,
        occurred_at=record.changed_at,
    )
