"""Owns the comparison of written records with what the org holds: what is missing,
what was changed, what is there twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from crm_mappings.delivery.comparing import same
from crm_mappings.models import ReconciliationFinding, WrittenRecord
from crm_mappings.plan.planner import key_for
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import chunks

Kind = ReconciliationFinding.Kind


def differences(
    org: OrgClient, records: Sequence[WrittenRecord]
) -> Iterator[ReconciliationFinding]:
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


def _finding(
    kind: Kind, record: WrittenRecord, names: Sequence[str] = ()
) -> ReconciliationFinding:
    return ReconciliationFinding(
        kind=kind,
        write_back_id=record.write_back_id,
        object=record.object,
        record_id=record.record_id,
        names=list(names),
    )


def _compared(
    record: WrittenRecord, holds: dict[str, Any] | None, later: set[str]
) -> Iterator[ReconciliationFinding]:
    if holds is None:
        yield _finding(Kind.MISSING, record)
        return
    names = [
        name
        for name, wrote in record.fields.items()
        if name not in later and not same(wrote, holds.get(name))
    ]
    if names:
        yield _finding(Kind.CHANGED, record, names)


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
) -> Iterator[ReconciliationFinding]:
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
                    yield _finding(Kind.DUPLICATE, by_key[key], ids)


def _key_field(record: WrittenRecord) -> str | None:
    steps = record.write_back.revision.document.get("steps", [])
    found = (step.get("key_field") for step in steps if step["key"] == record.step)
    return next(found, None)
