"""Reads records from an org for those who decide about them, many in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from crm_mappings import connections
from crm_mappings.models import Connection
from crm_mappings.salesforce.errors import Kind, OrgError
from deployments.rules import read_field
from deployments.sources import SourceError, SourceUnavailable

LATER = frozenset(
    {Kind.TRANSIENT, Kind.LOCK, Kind.SESSION, Kind.BUDGET, Kind.CONNECTION}
)


def read(
    *,
    connection: Connection,
    object: str,  # noqa: A002 - Salesforce's word, as in the models
    record_ids: Sequence[str],
    paths: Sequence[str],
) -> Mapping[str, Mapping[str, object]]:
    """Return record id -> path -> value, for the records that the org shows."""
    fields = ["Id", *(path for path in dict.fromkeys(paths) if path.lower() != "id")]
    try:
        org = connections.client(connection)
        rows = org.select(object, fields, "Id", list(dict.fromkeys(record_ids)))
        connections.note_usage(connection=connection, org=org)
    except OrgError as error:
        raise told(error) from error
    found = {str(row.get("Id")): row for row in rows}
    return {
        asked: {path: read_field(found[key], path) for path in fields}
        for asked in record_ids
        if (key := _spelled(asked, found))
    }


def told(error: OrgError) -> SourceError:
    """Say whether asking again later helps."""
    kind = SourceUnavailable if error.refusal.kind in LATER else SourceError
    return kind(error.refusal.message)


def _spelled(record_id: str, found: Mapping[str, object]) -> str:
    """The id as the org spells it: of 18 characters, where we may have 15."""
    if record_id in found:
        return record_id
    return next((key for key in found if key[:15] == record_id[:15]), "")
