"""Owns the rows of the outbox: put in, claimed with a lease, given back.

Claims are conditional updates, so they hold with many workers on many machines. A
worker that dies leaves a lease that ends by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from crm_mappings.delivery import budget, news, renewing
from crm_mappings.models import (
    Backfill,
    Connection,
    Mapping,
    MappingRevision,
    WriteBack,
)
from crm_mappings.plan.anonymity import names_somebody
from crm_mappings.salesforce.errors import Kind
from responses.models import Response
from surveys.prepared import Prepared

LEASE = timedelta(minutes=5)
# So much is left of a lease when a call begins: the longest call (155 s), and the
# clock of a worker that is 90 s ahead of ours.
LEFT = timedelta(seconds=250)
# A worker takes so little of a backfill at once that it soon looks for new responses.
MOST_OF_A_BACKFILL = 200
State = WriteBack.State
Priority = WriteBack.Priority
PRIORITIES = (Priority.LIVE, Priority.BACKFILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Rows that are ours until `until`, for as long as they hold our token."""

    token: uuid.UUID
    rows: tuple[WriteBack, ...]


def enqueue(*, response: Response, now: datetime) -> int:
    """Put in one row for each live mapping of the response's survey.

    A mapping that its organisation has stopped still gets its row, held, so that
    the response is on the list; one that a person has stopped gets none.
    """
    rows = [
        _row(mapping, mapping.live_revision, response, now)
        for mapping in _LIVE.all(response.survey_id)
        if mapping.live_revision is not None
    ]
    if not rows:
        return 0
    if any(row.revision.document.get("partial_after") for row in rows):
        # Something of it may be written already.
        renewing.renew(response=response, now=now)
    WriteBack.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.state == State.HELD for row in rows):
        held = WriteBack.objects.filter(response=response, state=State.HELD)
        news.tell(list(held.values_list("pk", flat=True)), now=now)
    return len(rows)


def _live(survey: int) -> QuerySet[Mapping]:
    stopped = Q(status=Mapping.Status.PAUSED) & ~Q(problem="")
    return Mapping.objects.filter(
        Q(status=Mapping.Status.ACTIVE) | stopped,
        survey=survey,
        live_revision__isnull=False,
    ).select_related("live_revision")


_LIVE = Prepared(_live, -1)


def _row(
    mapping: Mapping, revision: MappingRevision, response: Response, now: datetime
) -> WriteBack:
    row = WriteBack(
        response=response,
        mapping=mapping,
        revision=revision,
        due_at=now,
        created_at=now,
    )
    if response.is_anonymous and names_somebody(revision.document):
        row.state, row.settled_at = State.SKIPPED, now
        row.reason = _(
            "The response is anonymous: nothing says which record it is about. A "
            "mapping that only creates records can take it."
        )
    elif mapping.status == Mapping.Status.PAUSED:
        row.state = State.HELD
        row.error_class, row.error_code = Kind.SCHEMA.value, "MAPPING_PAUSED"
        row.reason = mapping.problem
        row.settled_at = now
    return row


def due(now: datetime) -> QuerySet[WriteBack]:
    """Return what may be sent now, whoever was sending it before."""
    running = Q(backfill=None) | Q(backfill__status=Backfill.Status.RUNNING)
    return WriteBack.objects.filter(
        running,
        state__in=[State.WAITING, State.SENDING],
        due_at__lte=now,
        bulk_job=None,
        mapping__connection__status=Connection.Status.CONNECTED,
    )


def claim(
    *,
    now: datetime,
    limit: int,
    lease: timedelta = LEASE,
    priorities: Sequence[int] = PRIORITIES,
) -> Claim:
    """Take up to `limit` due rows: new responses first, then backfills, each oldest
    first. The claim counts the attempt, so that a row that takes its worker down runs
    out of attempts as well."""
    token = uuid.uuid4()
    with transaction.atomic():
        keys: list[int] = []
        for priority in priorities:
            backfill = priority == Priority.BACKFILL
            most = min(limit, MOST_OF_A_BACKFILL) if backfill else limit
            keys = keys or _due_keys(priority, now, most)
        take(keys=keys, token=token, now=now, lease=lease)
    return Claim(token=token, rows=mine(keys=keys, token=token))


def take(
    *, keys: Sequence[int], token: uuid.UUID, now: datetime, lease: timedelta
) -> None:
    """Make rows ours that are still due."""
    still_due = WriteBack.objects.filter(
        pk__in=keys,
        state__in=[State.WAITING, State.SENDING],
        due_at__lte=now,
        bulk_job=None,
    )
    if keys:
        still_due.update(
            state=State.SENDING,
            lease_token=token,
            due_at=now + lease,
            attempts=F("attempts") + 1,
        )


def mine(*, keys: Sequence[int], token: uuid.UUID) -> tuple[WriteBack, ...]:
    """Return the rows of a claim with all that planning reads, oldest answer first."""
    if not keys:
        return ()
    rows = (
        WriteBack.objects.filter(pk__in=keys, lease_token=token)
        .select_related("response")
        # Many rows share these: read once, not once a row.
        .prefetch_related(
            "records",
            "revision",
            "mapping__connection",
            "response__version",
            "response__survey",
            "response__deployment",
            "response__invitation",
        )
        .order_by("response__completed_at", "response_id", "pk")
    )
    return tuple(rows)


def _due_keys(priority: int, now: datetime, limit: int) -> list[int]:
    mappings = open_mappings(priority, now)
    if not mappings:
        return []
    rows = _due_rows(priority, now).filter(mapping__in=mappings)
    if priority == Priority.BACKFILL:
        rows = rows.filter(backfill__status=Backfill.Status.RUNNING)
    return _first(rows, limit)


def keys_of(backfill: Backfill, now: datetime, limit: int) -> list[int]:
    """Return due rows of one backfill, for the caller to take at once."""
    rows = _due_rows(Priority.BACKFILL, now).filter(backfill=backfill)
    return _first(rows, limit)


def _due_rows(priority: int, now: datetime) -> QuerySet[WriteBack]:
    return WriteBack.objects.filter(
        priority=priority,
        state__in=[State.WAITING, State.SENDING],
        due_at__lte=now,
        bulk_job=None,
    ).order_by("priority", "due_at", "pk")


def _first(rows: QuerySet[WriteBack], limit: int) -> list[int]:
    if database.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    return list(rows.values_list("pk", flat=True)[:limit])


def open_mappings(priority: int, now: datetime) -> list[int]:
    """Return the mappings whose org may be called by one more worker."""
    with transaction.atomic():
        return _open_mappings(priority, now)


def _open_mappings(priority: int, now: datetime) -> list[int]:
    working = Connection.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        status=Connection.Status.CONNECTED,
    )
    # Whoever claims at the same time counts after us.
    asked = working.order_by("pk").select_for_update(no_key=True)
    busy = _workers_at_orgs(now)
    free = [
        org.pk
        for org in asked
        if busy.get(org.pk, 0) < org.concurrency
        and not budget.is_spent(org, priority=priority, now=now)
    ]
    mappings = Mapping.objects.filter(connection__in=free)
    return list(mappings.values_list("pk", flat=True))


def _workers_at_orgs(now: datetime) -> dict[int, int]:
    """Return connection -> how many workers hold leases for it."""
    held = WriteBack.objects.filter(
        state=State.SENDING, due_at__gt=now, bulk_job=None
    ).values("mapping__connection_id")
    counted = held.annotate(workers=Count("lease_token", distinct=True)).order_by()
    return {row["mapping__connection_id"]: row["workers"] for row in counted}


def keep_lease(
    *,
    keys: Iterable[int],
    token: uuid.UUID,
    now: datetime,
    lease: timedelta = LEASE,
    extend: bool = True,
) -> set[int]:
    """Return the rows that are still ours, just before a call; `extend` makes the lease
    of everything longer that the token holds."""
    with transaction.atomic():
        if extend:
            held_by(token).update(due_at=now + lease)
        rows = held_by(token).filter(pk__in=list(keys))
        return set(rows.values_list("pk", flat=True))


def give_back(*, keys: Sequence[int], token: uuid.UUID, now: datetime) -> None:
    """Let go what we have claimed and not looked at: nothing is spent."""
    held_by(token).filter(pk__in=keys).update(
        state=State.WAITING,
        lease_token=None,
        due_at=now,
        attempts=F("attempts") - 1,
    )


def held_by(token: uuid.UUID) -> QuerySet[WriteBack]:
    return WriteBack.objects.filter(lease_token=token, state=State.SENDING)


def postpone(*, connection: Connection, until: datetime) -> None:
    """Ask nothing of this org before `until`; no row is touched and nothing spent."""
    earlier = Q(not_before=None) | Q(not_before__lt=until)
    Connection.objects.filter(earlier, pk=connection.pk).update(not_before=until)
