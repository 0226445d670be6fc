"""Owns the questions to an org before a write: one query for each object and field,
however many responses ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from crm_mappings.models import WriteBack, WrittenRecord
from crm_mappings.plan.lookups import ID
from crm_mappings.plan.planner import Found, Lookup, Match
from crm_mappings.plan.schema import ObjectSchema, id18
from crm_mappings.salesforce.client import MOST_VALUES, OrgClient, Row, selections

CREATED = "CreatedDate"
# Clocks differ; a record that we made is looked for from before we could make it.
SKEW = timedelta(minutes=10)
# Values that compare in a query as they were written.
COMPARABLE = frozenset(
    {"string", "picklist", "combobox", "reference", "email", "phone", "url", "int"}
    | {"boolean"}
)
LONGEST_COMPARABLE = 255


NOTHING = Found()


def ask(org: OrgClient, wanted: Iterable[Lookup], known: Found = NOTHING) -> Found:
    """Return the org's answers to all of the lookups, beside what is known."""
    matches: dict[Lookup, tuple[Match, ...]] = dict(known.matches)
    for (object_, field), group in _groups(wanted).items():
        names = _names(field, group)
        values = list(dict.fromkeys(lookup.value for lookup in group))
        rows = _rows(org, object_, names, field, values)
        matches |= {lookup: _matches(lookup, rows) for lookup in group}
    return replace(known, matches=matches)


def queries(wanted: Iterable[Lookup]) -> list[str]:
    """Return the queries that `ask` makes of lookups."""
    return [
        soql
        for (object_, field), group in _groups(wanted).items()
        for soql in selections(
            object_,
            _names(field, group),
            field,
            list(dict.fromkeys(lookup.value for lookup in group)),
        )
    ]


def _groups(wanted: Iterable[Lookup]) -> dict[tuple[str, str], list[Lookup]]:
    groups: dict[tuple[str, str], list[Lookup]] = defaultdict(list)
    for lookup in dict.fromkeys(wanted):
        groups[lookup.object, lookup.field].append(lookup)
    return groups


def _rows(
    org: OrgClient, object_: str, names: list[str], field: str, values: list[Any]
) -> list[Row]:
    """Fetch by query; more ids than a query holds are fetched 2,000 a call."""
    if field != ID or len(values) <= MOST_VALUES:
        return org.select(object_, names, field, values)
    return list(org.retrieve(object_, values, names).values())


def _names(field: str, group: Iterable[Lookup]) -> list[str]:
    names = ["Id", CREATED, field, *(n for lookup in group for n in lookup.fields)]
    # A field that is named twice, in whatever spelling, is refused.
    return list({name.casefold(): name for name in reversed(names)}.values())


def _matches(lookup: Lookup, rows: list[Row]) -> tuple[Match, ...]:
    return tuple(
        Match(
            id=id18(row["Id"]),
            created_at=row.get(CREATED) or "",
            fields={name: row.get(name) for name in lookup.fields},
        )
        for row in rows
        if lookup.fits(row.get(lookup.field))
    )


def perhaps_made(
    org: OrgClient,
    row: WriteBack,
    schema: ObjectSchema,
    payload: Mapping[str, object],
    *,
    made_by: str | None,
) -> list[str] | None:
    """Return records that a call without an answer may have made for this row.

    None: the object holds nothing that they could be told by.
    """
    if not schema.queryable:
        return None
    told_by = {
        name: value
        for name, value in payload.items()
        if _comparable(schema, name, value)
    }
    words = any(isinstance(value, str) for value in told_by.values())
    if not words or made_by is None:
        return None
    found = org.select_like(
        schema.name,
        told_by,
        created_by=made_by,
        created_since=row.created_at - SKEW,
    )
    ids = [id18(record_id) for record_id in found]
    known = WrittenRecord.objects.filter(object=schema.name, record_id__in=ids)
    taken = set(known.values_list("record_id", flat=True))
    return [record_id for record_id in ids if record_id not in taken]


def _comparable(schema: ObjectSchema, name: str, value: object) -> bool:
    field = schema.fields.get(name)
    if field is None or not field.filterable or field.encrypted or value is None:
        return False
    if isinstance(value, str) and (
        not value.strip() or len(value) > LONGEST_COMPARABLE
    ):
        return False
    return field.type in COMPARABLE
