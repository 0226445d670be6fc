"""Owns how a connection is doing: successes, errors by kind and hour, and when it
rests after many failures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from crm_mappings.models import Connection, Trouble
from crm_mappings.salesforce.errors import Kind, OrgError

# So many failures in a row, and nothing is sent for a while.
MANY = 5
SHORTEST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=15)
KEPT = timedelta(days=30)


def worked(*, connection: Connection, now: datetime) -> None:
    """Note that the org has answered: the next failure is the first again."""
    connection.last_success_at, connection.failures = now, 0
    Connection.objects.filter(pk=connection.pk).update(last_success_at=now, failures=0)


def failed(*, connection: Connection, error: OrgError, now: datetime) -> None:
    """Note a call that failed as a whole; after many in a row, let the org alone."""
    if error.kind is not Kind.TRANSIENT:
        return
    row = Connection.objects.filter(pk=connection.pk)
    row.update(failures=F("failures") + 1)
    failures = row.values_list("failures", flat=True).first() or 0
    if until := rests_until(failures, now):
        later = Q(not_before=None) | Q(not_before__lt=until)
        row.filter(later).update(not_before=until)


def rests_until(failures: int, now: datetime) -> datetime | None:
    """Return until when an org is let alone after so many failures; doubling."""
    if failures < MANY:
        return None
    doubled: timedelta = SHORTEST_REST * 2 ** min(failures - MANY, 10)
    return now + min(doubled, LONGEST_REST)


def note(*, connection: Connection, kinds: Mapping[str, int], now: datetime) -> None:
    """Count errors by kind, in the hour in which they came."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    for kind, count in kinds.items():
        if kind and count:
            _add(connection, hour, kind, count)


def _add(connection: Connection, hour: datetime, kind: str, count: int) -> None:
    row = Trouble.objects.filter(connection=connection, hour=hour, kind=kind)
    if row.update(count=F("count") + count):
        return
    try:
        with transaction.atomic():
            row.create(connection=connection, hour=hour, kind=kind, count=count)
    except IntegrityError:  # another worker was first
        row.update(count=F("count") + count)


def forget_old(*, now: datetime) -> None:
    Trouble.objects.filter(hour__lt=now - KEPT).delete()


def is_resting(connection: Connection, now: datetime) -> bool:
    return connection.not_before is not None and connection.not_before > now
