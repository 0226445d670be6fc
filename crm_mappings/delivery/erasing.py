"""Owns what becomes in Salesforce of what an erased response wrote: cleared or deleted,
as its mapping says, but not what a newer response has written to the same fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.connections import health
from crm_mappings.delivery import budget
from crm_mappings.delivery.files import to_delete
from crm_mappings.models import Attempt, Connection, WrittenRecord
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.specs import Erasure
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import LARGEST, RecordResult
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal

LEASE = timedelta(minutes=5)
TRY_AGAIN = timedelta(minutes=5)
MOST_AT_ONCE = LARGEST
# The record is not there any more: nothing is left of it.
GONE = frozenset(
    {"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID"}
)
PASSES = frozenset({Kind.TRANSIENT, Kind.LOCK, Kind.BUDGET})


def never() -> bool:
    return False


def erase_due(*, now: datetime, stop: Callable[[], bool] = never) -> int:
    """Clear or delete what is due; return how many records are done with."""
    done = 0
    for connection in Connection.objects.filter(status=Connection.Status.CONNECTED):
        while not stop() and (records := _claim(connection, now)):
            done += _erase(connection, records, now)
    return done


def _claim(connection: Connection, now: datetime) -> list[WrittenRecord]:
    due = _waiting(connection).filter(erase_due_at__lte=now)
    keys = list(due.order_by("erase_due_at", "pk").values_list("pk", flat=True))
    keys = keys[:MOST_AT_ONCE]
    rows = WrittenRecord.objects.filter(pk__in=keys, erase_due_at__lte=now)
    if not keys or not rows.update(erase_due_at=now + LEASE):
        return []
    mine = WrittenRecord.objects.filter(pk__in=keys, erase_due_at=now + LEASE)
    return list(mine.select_related("write_back").order_by("pk"))


def _waiting(connection: Connection) -> QuerySet[WrittenRecord]:
    rows = WrittenRecord.objects.filter(write_back__mapping__connection=connection)
    return rows.exclude(erasing="").filter(erased_at=None, erase_due_at__isnull=False)


def _erase(
    connection: Connection, records: Sequence[WrittenRecord], now: datetime
) -> int:
    by_kind: dict[tuple[str, bool], list[WrittenRecord]] = defaultdict(list)
    for record in records:
        deletes = record.erasing == Erasure.DELETE and record.created
        by_kind[record.object, deletes].append(record)
    done = 0
    org = None
    try:
        org = connections.client(connection)
        for (object_, deletes), group in by_kind.items():
            if deletes:
                done += _delete(org, group, now)
            else:
                schema = connections.describe(
                    connection=connection, object=object_, now=now, org=org
                )
                done += _clear(org, schema, group, now)
    except OrgError as error:
        _later(connection, records, error, now)
    finally:
        if org is not None:
            budget.note(connection=connection, org=org, now=now)
            org.close()
    return done


def _delete(org: OrgClient, records: Sequence[WrittenRecord], now: datetime) -> int:
    return _settle(records, org.delete(to_delete(org, records)), now)


def _clear(
    org: OrgClient,
    schema: ObjectSchema,
    records: Sequence[WrittenRecord],
    now: datetime,
) -> int:
    later = _written_later(records)
    sent: list[tuple[WrittenRecord, dict[str, Any]]] = []
    left: list[WrittenRecord] = []
    for record in records:
        names = [name for name in record.fields if name not in later[record.pk]]
        blanks = {
            name: blank(schema.fields[name])
            for name in names
            if name in schema.fields and may_be_cleared(schema.fields[name])
        }
        if blanks:
            sent.append((record, {"Id": record.record_id, **blanks}))
        else:
            left.append(record)
    for record in left:
        _done(record, now, _("Nothing of it was left to clear."))
    if not sent:
        return len(left)
    results = org.update(schema.name, [values for _record, values in sent])
    return len(left) + _settle([record for record, _values in sent], results, now)


def may_be_cleared(field: FieldSchema) -> bool:
    return field.updateable and (field.nillable or field.type == "boolean")


def blank(field: FieldSchema) -> bool | None:
    return False if field.type == "boolean" else None


def _written_later(records: Sequence[WrittenRecord]) -> dict[int, set[str]]:
    """Return record -> the fields that newer responses have written."""
    ids = {record.record_id for record in records}
    rows = WrittenRecord.objects.filter(
        record_id__in=ids, undone_at=None, erasing="", erased_at=None
    )
    every = list(rows.values_list("record_id", "pk", "write_back", "fields"))
    return {
        record.pk: {
            name
            for record_id, pk, write_back, fields in every
            if record_id == record.record_id
            and pk > record.pk
            and write_back != record.write_back_id
            for name in fields
        }
        for record in records
    }


def _settle(
    records: Sequence[WrittenRecord], results: Sequence[RecordResult], now: datetime
) -> int:
    done = 0
    for record, result in zip(records, results, strict=True):
        refusal = None if result.success else result.errors[0]
        if refusal is None or refusal.code in GONE:
            _done(record, now, "")
            done += 1
        else:
            _refused(record, refusal, now)
    return done


def _done(record: WrittenRecord, now: datetime, note: str) -> None:
    mine = WrittenRecord.objects.filter(pk=record.pk)
    mine.update(erased_at=now, erase_due_at=None, erase_problem="")
    _log(record, now, "erased", "", note)


def _refused(record: WrittenRecord, refusal: Refusal, now: datetime) -> None:
    """Try again what passes by itself; leave the rest to a person, with the reason."""
    due = now + TRY_AGAIN if refusal.kind in PASSES else None
    mine = WrittenRecord.objects.filter(pk=record.pk)
    mine.update(erase_due_at=due, erase_problem=refusal.message)
    _log(record, now, "not_erased", refusal.code, refusal.message)


def _log(
    record: WrittenRecord, now: datetime, outcome: str, code: str, said: str
) -> None:
    Attempt.objects.create(
        write_back=record.write_back,
        number=record.write_back.attempts,
        at=now,
        outcome=outcome,
        error_code=code[:100],
        message=f"{record.object} {record.record_id} {said}".strip(),
    )


def _later(
    connection: Connection,
    records: Sequence[WrittenRecord],
    error: OrgError,
    now: datetime,
) -> None:
    """Try again what the org has not answered for; pause what needs a person."""
    keys = [record.pk for record in records]
    open_ = WrittenRecord.objects.filter(pk__in=keys, erased_at=None)
    open_.filter(erase_due_at__isnull=False).update(
        erase_due_at=now + TRY_AGAIN, erase_problem=error.refusal.message
    )
    health.failed(connection=connection, error=error, now=now)
    if error.kind in {Kind.CONNECTION, Kind.SESSION}:
        connections.pause(connection=connection, problem=error.refusal.message)
