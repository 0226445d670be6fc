"""Owns the rows of the outbox: put in, claimed with a lease, given back.

Claims are conditional updates, so they hold with many workers on many machines. A
worker that dies leaves a lease that ends by itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection as database
from django.db import transaction
from django.db.models import F, Q, QuerySet

from crm_mappings.models import Connection, Mapping, MappingRevision, WriteBack
from crm_mappings.salesforce.errors import Kind
from responses.models import Response

LEASE = timedelta(minutes=5)
State = WriteBack.State


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
    stopped = Q(status=Mapping.Status.PAUSED) & ~Q(problem="")
    mappings = Mapping.objects.filter(
        Q(status=Mapping.Status.ACTIVE) | stopped,
        survey=response.survey_id,
        live_revision__isnull=False,
    )
    rows = [
        _row(mapping, mapping.live_revision, response, now)
        for mapping in mappings.select_related("live_revision")
        if mapping.live_revision is not None
    ]
    WriteBack.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


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
    if mapping.status == Mapping.Status.PAUSED:
        row.state = State.HELD
        row.error_class, row.error_code = Kind.SCHEMA.value, "MAPPING_PAUSED"
        row.reason = mapping.problem
        row.settled_at = now
    return row


def due(now: datetime) -> QuerySet[WriteBack]:
    """Return what may be sent now, whoever was sending it before."""
    return WriteBack.objects.filter(
        state__in=[State.WAITING, State.SENDING],
        due_at__lte=now,
        mapping__connection__status=Connection.Status.CONNECTED,
    )


def claim(*, now: datetime, limit: int, lease: timedelta = LEASE) -> Claim:
    """Take up to `limit` due rows, oldest first. The claim counts the attempt, so
    that a row that takes its worker down runs out of attempts as well."""
    token = uuid.uuid4()
    with transaction.atomic():
        rows = due(now).order_by("due_at", "pk")
        if database.features.has_select_for_update_skip_locked:
            rows = rows.select_for_update(skip_locked=True, of=("self",))
        keys = list(rows.values_list("pk", flat=True)[:limit])
        still_due = WriteBack.objects.filter(
            pk__in=keys, state__in=[State.WAITING, State.SENDING], due_at__lte=now
        )
        still_due.update(
            state=State.SENDING,
            lease_token=token,
            due_at=now + lease,
            attempts=F("attempts") + 1,
        )
    mine = (
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
        )
        .order_by("created_at", "pk")
    )
    return Claim(token=token, rows=tuple(mine))


def keep_lease(
    *,
    keys: Iterable[int],
    token: uuid.UUID,
    now: datetime,
    lease: timedelta = LEASE,
    outcome_unknown: bool = False,
) -> set[int]:
    """Make the lease longer, just before a call; return the rows that are still ours.

    `outcome_unknown` notes that the call must not simply be repeated.
    """
    changes: dict[str, object] = {"due_at": now + lease}
    if outcome_unknown:
        changes["outcome_unknown"] = True
    with transaction.atomic():
        mine = held_by(token).filter(pk__in=list(keys))
        mine.update(**changes)
        return set(mine.values_list("pk", flat=True))


def held_by(token: uuid.UUID) -> QuerySet[WriteBack]:
    return WriteBack.objects.filter(lease_token=token, state=State.SENDING)


def postpone(*, connection: Connection, until: datetime) -> None:
    """Let everything that waits for this org wait longer; nothing is spent."""
    WriteBack.objects.filter(
        mapping__connection=connection, state=State.WAITING, due_at__lt=until
    ).update(due_at=until)
