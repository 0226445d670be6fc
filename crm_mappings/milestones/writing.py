"""Brings what is on its way to the records: up to 200 records a call, each with its own
outcome, the values of one record together and in their order.

The values do not depend on what is there, so that a call can be sent again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db import transaction

from crm_mappings import connections, errands
from crm_mappings.connections import health
from crm_mappings.delivery import budget
from crm_mappings.milestones.noting import LINK_HERE
from crm_mappings.models import Connection, RecordUpdate
from crm_mappings.models.errands import OPEN, ErrandQuerySet
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce import collections
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError, Refusal
from deployments.doorbell import ring
from deployments.encryption import UnreadableSecret
from deployments.invitations import tracking_url
from deployments.models import Invitation

log = logging.getLogger(__name__)

State = RecordUpdate.State
TASK = "crm_mappings.tasks.write_milestones"
MOST_ROWS = 1000

Key = tuple[str, str]  # an object and a record


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One record, and the rows that bring values to it, oldest first."""

    record_id: str
    rows: Sequence[RecordUpdate]

    def values(self, schema: ObjectSchema | None) -> dict[str, object]:
        merged: dict[str, object] = {"Id": self.record_id}
        for row in self.rows:
            merged |= {
                field: _fitting(value, field, schema)
                for field, value in _said(row).items()
            }
        return merged


def _said(row: RecordUpdate) -> dict[str, object]:
    """The values of a row, with the link where it belongs; a lost key costs the link."""
    values: dict[str, object] = row.values
    if row.invitation_id is None or LINK_HERE not in values.values():
        return values
    tokens = Invitation.objects.values_list("token", flat=True)
    try:
        link = tracking_url(tokens.get(pk=row.invitation_id))
    except UnreadableSecret:
        log.warning("The link of %s cannot be read: its key is lost", row)
        return {key: value for key, value in values.items() if value != LINK_HERE}
    return {key: link if value == LINK_HERE else value for key, value in values.items()}


def write_due(*, now: datetime, rng: Random | None = None) -> int:
    """Write what is due; return how many rows were settled."""
    rng = rng or Random()  # noqa: S311 - a pause is no secret
    open_ = errands.open_connections(RecordUpdate.objects.all(), now=now)
    return sum(_write(connection, now, rng) for connection in open_)


def send_again(*, updates: ErrandQuerySet, now: datetime) -> int:
    """Let held ones be tried again."""
    count = updates.send_again(State.HELD, now=now)
    if count:
        ring(TASK)
    return count


def _write(connection: Connection, now: datetime, rng: Random) -> int:
    rows = _claim(connection, now)
    if not rows:
        return 0
    if len(rows) >= MOST_ROWS:
        ring(TASK)
    try:
        org = connections.client(connection)
    except OrgError as error:
        return _failed(connection, rows, error, now, rng)
    try:
        return sum(
            _call(connection, org, object_name, parcels, now, rng)
            for object_name, parcels in _calls(rows)
        )
    finally:
        budget.note(connection=connection, org=org, now=now)
        org.close()


@transaction.atomic
def _claim(connection: Connection, now: datetime) -> list[RecordUpdate]:
    """Take due rows, and with them whatever else waits for the same records."""
    # Whoever claims for this org at the same time waits, and finds those rows taken.
    Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    mine = RecordUpdate.objects.filter(connection=connection)
    due = mine.due(now).order_by("due_at", "pk")
    records = set(due.values_list("record_id", flat=True)[:MOST_ROWS])
    busy = mine.filter(
        record_id__in=records, state=State.SENDING, due_at__gt=now
    ).values_list("record_id", flat=True)
    free = mine.filter(record_id__in=records - set(busy), state__in=OPEN)
    return list(free.take(now=now))


def _calls(rows: Sequence[RecordUpdate]) -> Iterator[tuple[str, Sequence[Parcel]]]:
    """The calls that are made: rows by object and record, 200 records a call."""
    groups: dict[str, dict[str, list[RecordUpdate]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        groups[row.object][row.record_id[:15]].append(row)
    for object_name, records in groups.items():
        parcels = [
            Parcel(record_id=found[0].record_id, rows=found)
            for found in records.values()
        ]
        for part in collections.chunks(parcels):
            yield object_name, part


def _call(
    connection: Connection,
    org: OrgClient,
    object_name: str,
    parcels: Sequence[Parcel],
    now: datetime,
    rng: Random,
) -> int:
    every = [row for parcel in parcels for row in parcel.rows]
    try:
        schema = connections.describe(
            connection=connection, object=object_name, now=now
        )
        results = org.update(object_name, [one.values(schema) for one in parcels])
    except OrgError as error:
        return _failed(connection, every, error, now, rng)
    settled = 0
    for parcel, result in zip(parcels, results, strict=True):
        refusal = None if result.success else result.errors[0]
        settled += _settle(parcel.rows, refusal, now, rng)
    return settled


def _failed(
    connection: Connection,
    rows: Sequence[RecordUpdate],
    error: OrgError,
    now: datetime,
    rng: Random,
) -> int:
    """A call as a whole was not carried out."""
    log.warning("Milestones of %s could not be written: %s", connection, error)
    health.failed(connection=connection, error=error, now=now)
    return _settle(rows, error.refusal, now, rng)


def _settle(
    rows: Sequence[RecordUpdate],
    refusal: Refusal | None,
    now: datetime,
    rng: Random,
) -> int:
    ours = RecordUpdate.objects.filter(
        pk__in=[row.pk for row in rows], lease_token=rows[0].lease_token
    )
    if refusal is None:
        return ours.settle(State.WRITTEN, now=now)
    attempts = max(row.attempts for row in rows)
    return errands.refused(ours, refusal, attempts=attempts, now=now, rng=rng)


def _fitting(value: object, field: str, schema: ObjectSchema | None) -> object:
    """A time in the form that the field takes, and a text no longer than it may be."""
    found = schema.fields.get(field) if schema else None
    if found is None or not isinstance(value, str):
        return value
    if found.type == "date":
        return value[:10]
    if found.type == "datetime" or not found.length:
        return value
    return value[: found.length]
