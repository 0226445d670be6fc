"""Owns the responses that are half way: where a mapping wants it, what there is of them
is written once they have been quiet for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from crm_mappings.delivery.renewing import renew
from crm_mappings.models import Mapping, MappingRevision, WriteBack
from deployments.doorbell import ring
from responses.models import Response

DELIVER = "crm_mappings.tasks.deliver"
# Who has been quiet for longer was seen long ago.
SEEN = timedelta(days=2)
MOST_AT_ONCE = 500


def waits_for(revision: MappingRevision) -> timedelta | None:
    """Return for how long a response must be quiet; None: only completed ones count."""
    minutes = revision.document.get("partial_after")
    return timedelta(minutes=minutes) if minutes else None


def collect(*, now: datetime) -> int:
    """Put what is due into the outbox, or let it be written again; return how many."""
    count = 0
    for mapping, revision, quiet in _mappings():
        found = _quiet(mapping, now - quiet)
        known = WriteBack.objects.filter(mapping=mapping, response__in=found)
        fresh = found.exclude(write_backs__mapping=mapping)[:MOST_AT_ONCE]
        rows = [_row(mapping, revision, response, now) for response in fresh]
        WriteBack.objects.bulk_create(rows, ignore_conflicts=True)
        later = known.filter(
            state=WriteBack.State.WRITTEN, settled_at__lt=F("response__updated_at")
        )
        count += len(rows)
        for row in later.select_related("response")[:MOST_AT_ONCE]:
            count += renew(response=row.response, now=now)
    if count:
        ring(DELIVER)
    return count


def _mappings() -> Iterator[tuple[Mapping, MappingRevision, timedelta]]:
    active = Mapping.objects.filter(
        status=Mapping.Status.ACTIVE, live_revision__isnull=False
    )
    for mapping in active.select_related("live_revision"):
        revision = mapping.live_revision
        quiet = waits_for(revision) if revision else None
        if revision is not None and quiet is not None:
            yield mapping, revision, quiet


def _quiet(mapping: Mapping, until: datetime) -> QuerySet[Response]:
    """Return who has answered something, and nothing since `until`."""
    rows = Response.objects.filter(
        survey=mapping.survey_id,
        status=Response.Status.IN_PROGRESS,
        updated_at__lte=until,
        updated_at__gt=until - SEEN,
    )
    return rows.exclude(answers={})


def _row(
    mapping: Mapping, revision: MappingRevision, response: Response, now: datetime
) -> WriteBack:
    return WriteBack(
        response=response,
        mapping=mapping,
        revision=revision,
        due_at=now,
        created_at=now,
    )
