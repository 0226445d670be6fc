"""Owns the comparison of what we say we wrote with what the org holds: what is
missing, what was changed, what is there twice; and the repair, by choice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from crm_mappings import connections
from crm_mappings.delivery import budget
from crm_mappings.delivery.comparing import same
from crm_mappings.models import (
    Attempt,
    Connection,
    Reconciliation,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.plan.planner import key_for
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import LARGEST_RETRIEVE, chunks
from crm_mappings.salesforce.errors import OrgError
from deployments.doorbell import ring

DELIVER = "crm_mappings.tasks.deliver"
MOST_KEPT = 500
NIGHTLY = timedelta(hours=24)
NIGHT_OF = timedelta(days=3)
MISSING, CHANGED, DUPLICATE = "missing", "changed", "duplicate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    kind: str
    record: WrittenRecord
    # Fields that hold something else now, or ids of further records.
    names: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "write_back": self.record.write_back_id,
            "object": self.record.object,
            "record_id": self.record.record_id,
            "names": list(self.names),
        }


def reconcile(
    *, connection: Connection, since: datetime, until: datetime, now: datetime
) -> Reconciliation:
    """Compare what was written in a span with what the org holds; keep the result."""
    run = Reconciliation.objects.create(
        connection=connection, since=since, until=until, started_at=now
    )
    counts = {MISSING: 0, CHANGED: 0, DUPLICATE: 0}
    findings: list[dict[str, Any]] = []
    org = None
    try:
        org = connections.client(connection)
        for records in _batches(connection, since, until):
            run.checked += len(records)
            for difference in _differences(org, records):
                counts[difference.kind] += 1
                if len(findings) < MOST_KEPT:
                    findings.append(difference.as_json())
    except OrgError as error:
        run.problem = error.refusal.message
    finally:
        if org is not None:
            budget.note(connection=connection, org=org, now=now)
            org.close()
    run.missing, run.changed = counts[MISSING], counts[CHANGED]
    run.duplicate, run.findings, run.ended_at = counts[DUPLICATE], findings, now
    run.save(
        update_fields=[
            *("checked", "missing", "changed", "duplicate", "findings"),
            *("ended_at", "problem"),
        ]
    )
    return run


def reconcile_nightly(*, now: datetime) -> int:
    """Compare the last days of each connection that has not been for a day."""
    done = 0
    for connection in Connection.objects.filter(status=Connection.Status.CONNECTED):
        lately = connection.reconciliations.filter(started_at__gt=now - NIGHTLY)
        if lately.exists():
            continue
        reconcile(connection=connection, since=now - NIGHT_OF, until=now, now=now)
        done += 1
    return done


def _batches(
    connection: Connection, since: datetime, until: datetime
) -> Iterator[list[WrittenRecord]]:
    rows = WrittenRecord.objects.filter(
        write_back__mapping__connection=connection,
        written_at__gte=since,
        written_at__lt=until,
        undone_at=None,
    ).exclude(fields={})
    position = 0
    while True:
        part = (
            rows.filter(pk__gt=position)
            .order_by("pk")
            .select_related(
                "write_back__response", "write_back__mapping", "write_back__revision"
            )[:LARGEST_RETRIEVE]
        )
        found = list(part)
        if not found:
            return
        position = found[-1].pk
        yield found


def _differences(
    org: OrgClient, records: Sequence[WrittenRecord]
) -> Iterator[Difference]:
    by_object: dict[str, list[WrittenRecord]] = defaultdict(list)
    for record in records:
        by_object[record.object].append(record)
    for object_, group in by_object.items():
        fields = sorted({"Id", *(name for record in group for name in record.fields)})
        ids = list(dict.fromkeys(record.record_id for record in group))
        held = org.retrieve(object_, ids, fields)
        later = _written_later(group)
        for record in group:
            yield from _compared(record, held.get(record.record_id), later[record.pk])
        yield from _duplicates(org, object_, group)


def _compared(
    record: WrittenRecord, holds: dict[str, Any] | None, later: set[str]
) -> Iterator[Difference]:
    if holds is None:
        yield Difference(kind=MISSING, record=record)
        return
    names = tuple(
        name
        for name, wrote in record.fields.items()
        if name not in later and not same(wrote, holds.get(name))
    )
    if names:
        yield Difference(kind=CHANGED, record=record, names=names)


def _written_later(group: Iterable[WrittenRecord]) -> dict[int, set[str]]:
    """Return record -> the fields that we ourselves have written again since."""
    group = list(group)
    ids = {record.record_id for record in group}
    every: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    rows = WrittenRecord.objects.filter(record_id__in=ids, undone_at=None)
    for record_id, pk, fields in rows.values_list("record_id", "pk", "fields"):
        every[record_id].append((pk, fields))
    return {
        record.pk: {
            name
            for pk, fields in every[record.record_id]
            if pk > record.pk
            for name in fields
        }
        for record in group
    }


def _duplicates(
    org: OrgClient, object_: str, group: Sequence[WrittenRecord]
) -> Iterator[Difference]:
    """Find further records that hold our key."""
    by_field: dict[str, dict[str, WrittenRecord]] = defaultdict(dict)
    for record in group:
        field = _key_field(record)
        row = record.write_back
        if field and record.created:
            key = key_for(row.response.key, row.mapping.key, record.step)
            by_field[field][key] = record
    for field, by_key in by_field.items():
        for part in chunks(list(by_key)):
            found: dict[str, list[str]] = defaultdict(list)
            for row_ in org.select(object_, ["Id", field], field, list(part)):
                found[str(row_.get(field))].append(row_["Id"])
            for key, ids in found.items():
                if len(ids) > 1 and key in by_key:
                    yield Difference(
                        kind=DUPLICATE, record=by_key[key], names=tuple(ids)
                    )


def _key_field(record: WrittenRecord) -> str | None:
    steps = record.write_back.revision.document.get("steps", [])
    found = (step.get("key_field") for step in steps if step["key"] == record.step)
    return next(found, None)


@transaction.atomic
def repair(
    *,
    reconciliation: Reconciliation,
    kinds: Iterable[str],
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None = None,
) -> int:
    """Write again what is missing or was changed; return how many write-backs.

    Duplicates are left to a person: only people can tell which one to keep.
    """
    wanted = set(kinds) & {MISSING, CHANGED}
    told = [one for one in reconciliation.findings if one["kind"] in wanted]
    rows = list(
        WriteBack.objects.filter(
            pk__in={one["write_back"] for one in told}, state=WriteBack.State.WRITTEN
        ).select_for_update(of=("self",))
    )
    keys = [row.pk for row in rows]
    for one in told:
        if one["write_back"] in keys:
            WrittenRecord.objects.filter(
                write_back=one["write_back"], record_id=one["record_id"]
            ).delete()
    Attempt.objects.bulk_create(
        Attempt(
            write_back=row,
            number=row.attempts,
            at=now,
            outcome="repaired",
            message=user.get_username() if user else "",
        )
        for row in rows
    )
    WriteBack.objects.filter(pk__in=keys).update(
        state=WriteBack.State.WAITING,
        attempts=0,
        due_at=now,
        settled_at=None,
        before={},
    )
    ring(DELIVER)
    return len(keys)
