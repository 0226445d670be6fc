"""Asks sources for records that changed: where nothing tells us, and behind what does.

Messages can be lost (Salesforce gives up after a day). A poll finds what matches a
trigger and was never told, and makes it an event; what was told already is left out.
A run takes so many and no more, and nothing that is older than its age: what it
leaves out for its age, and what messages should have told, it says.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from deployments import sources
from deployments.models import Deployment, Poll, Trigger, TriggerEvent
from deployments.reading import event_of, rule_of
from deployments.rules import Event, TriggerRule, When, matches
from deployments.rules.deciding import paths
from deployments.rules.events import FOUND
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
# Where messages tell: how often it is asked what they left out, and how long they
# may take.
RECONCILE_MINUTES = 60
UNDER_WAY = timedelta(minutes=15)


def poll_due(*, now: datetime, page: int = PAGE, pages: int = MOST_PAGES) -> int:
    """Ask where it is time to; return how many events nobody had told."""
    _follow_triggers(now)
    due = Poll.objects.filter(due_at__lte=now).order_by("due_at", "pk")
    size = (page, pages)
    return sum(_claim_and_ask(poll, size, now) for poll in due)


def _follow_triggers(now: datetime) -> None:
    """Begin with what triggers need polled from now on, and forget what none does."""
    wanted = {(one.source, one.object) for one in _polled()}
    for poll in Poll.objects.all():
        if (poll.source, poll.object) in wanted:
            wanted.remove((poll.source, poll.object))
        else:
            poll.delete()
    Poll.objects.bulk_create(
        [
            Poll(source=source, object=object_name, cursor_at=now, due_at=now)
            for source, object_name in sorted(wanted)
        ],
        ignore_conflicts=True,
    )


def _polled(**which: str) -> list[Trigger]:
    rows = Trigger.objects.filter(
        is_active=True, deployment__status=Deployment.Status.LIVE, **which
    )
    return [
        one
        for one in rows.select_related("deployment__survey").order_by("pk")
        if sources.can_be_asked(one.source)
    ]


def _claim_and_ask(poll: Poll, size: tuple[int, int], now: datetime) -> int:
    lease = uuid.uuid4()
    held = Poll.objects.filter(pk=poll.pk, lease_token=lease)
    free = Poll.objects.filter(pk=poll.pk, due_at=poll.due_at)
    if not free.update(lease_token=lease, due_at=now + LEASE):
        return 0
    triggers = _polled(source=poll.source, object=poll.object)
    minutes = [one.poll_minutes or RECONCILE_MINUTES for one in triggers]
    pause = timedelta(minutes=min(minutes, default=RECONCILE_MINUTES))
    try:
        found = _ask(poll, held, triggers, size, now)
    except (SourceError, UnknownSource, ConditionError) as error:
        log.warning("%s could not be polled: %s", poll, error)
        held.update(error=str(error)[:2000], due_at=now + pause)
        return 0
    if found and not any(one.poll_minutes for one in triggers):
        log.warning("%s: no message told of %s records that fit", poll, found)
    held.update(
        error="",
        asked_at=now,
        found=poll.found + found,
        caught_up=poll.caught_up,
        skipped_from=poll.skipped_from,
        skipped_until=poll.skipped_until,
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
    tells = not any(one.poll_minutes for one in triggers)
    until = now - UNDER_WAY if tells else None
    found = 0
    for _turn in range(pages):
        changed = feed.changed(poll.source, poll.object, wanted, since, page)
        records = [one for one in changed if until is None or one.cursor.at <= until]
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
        seen = poll.asked_at if poll.caught_up else None
        seen_until = max(poll.cursor_at, seen or poll.cursor_at)
        if seen_until < oldest:
            poll.skipped_from, poll.skipped_until = seen_until, oldest
        return Cursor(at=oldest)
    if poll.caught_up:
        return Cursor(at=poll.cursor_at - OVERLAP)
    return Cursor(at=poll.cursor_at, record_id=poll.cursor_id)


def _take(
    poll: Poll, rules: Sequence[TriggerRule], records: Sequence[Record], now: datetime
) -> int:
    """Store what fits, or fitted before, and was not told in this state.

    Where a change to the condition counts, the first state that does not fit too.
    """
    known = _latest(poll, [record.record_id for record in records])
    for_changes = any(rule.when is When.BECOMES for rule in rules)
    events, found = [], 0
    for record in records:
        event = _event(poll, record)
        last = known.get(record.record_id)
        if last and last.occurred_at and last.occurred_at >= record.changed_at:
            continue
        if fits := any(matches(rule, event, now) for rule in rules):
            found += 1
        if fits or (_fitted(last, rules, now) if last else for_changes):
            events.append(event)
    if events:
        receive(events=events, now=now)
    return found


def _latest(poll: Poll, record_ids: Sequence[str]) -> dict[str, TriggerEvent]:
    told = TriggerEvent.objects.filter(
        source=poll.source, object__iexact=poll.object, record_id__in=record_ids
    ).exclude(occurred_at=None)
    return {row.record_id: row for row in told.order_by("occurred_at", "pk")}


def _fitted(row: TriggerEvent, rules: Sequence[TriggerRule], now: datetime) -> bool:
    """Of what still waits or is kept no more, it is better to think so."""
    if row.state == TriggerEvent.State.WAITING or not row.fields:
        return True
    event = event_of(row)
    return any(matches(rule, event, now) for rule in rules)


def _event(poll: Poll, record: Record) -> Event:
    stamp = record.changed_at.strftime("%Y%m%dT%H%M%S%f")
    return Event(
        source=poll.source,
        event_id=f"{FOUND}{record.record_id[:60]}:{stamp}",
        object=poll.object,
        record_id=record.record_id,
        fields=record.fields,
        occurred_at=record.changed_at,
    )
