"""Reads records from an org for those who decide about them, many in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from crm_mappings import connections
from crm_mappings.models import Connection
from crm_mappings.plan.schema import is_id
from crm_mappings.salesforce.client import OrgClient, name
from crm_mappings.salesforce.errors import PASSING, OrgError
from deployments.rules import read_field
from deployments.sources import Cursor, Record, SourceError, SourceUnavailable
from surveys.conditions.values import moment
from surveys.wording import gettext as _


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


STAMPS = ("SystemModstamp", "LastModifiedDate", "LastModifiedById", "CreatedDate")
_users: dict[tuple[int, str, str], frozenset[str]] = {}


def changed(
    *,
    connection: Connection,
    object: str,  # noqa: A002 - Salesforce's word, as in the models
    paths: Sequence[str],
    since: Cursor,
    most: int,
) -> list[Record]:
    """Return records in the order of SystemModstamp, after the cursor."""
    try:
        org = connections.client(connection)
        rows = org.query(_soql(object, paths, since, most))
        connections.note_usage(connection=connection, org=org)
    except OrgError as error:
        raise told(error) from error
    return [_record(row, paths) for row in rows]


def user_ids(*, connection: Connection) -> frozenset[str]:
    """Return the id of the connection's user; asked once in the life of a process."""
    key = (connection.pk, connection.org_id, connection.username)
    if key not in _users:
        try:
            org: OrgClient = connections.client(connection)
            rows = org.select("User", ["Id"], "Username", [connection.username])
        except OrgError as error:
            raise told(error) from error
        _users[key] = frozenset(str(row["Id"]) for row in rows)
    return _users[key]


def _soql(object_name: str, paths: Sequence[str], since: Cursor, most: int) -> str:
    """Every name is checked, and the rest is a time, an id and a number."""
    fields = {path.lower(): name(path) for path in ("Id", *STAMPS, *paths)}
    at = since.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{since.at.microsecond // 1000:03}Z"
    )
    after = f"SystemModstamp > {at}"
    if is_id(since.record_id):
        after = f"({after} OR (SystemModstamp = {at} AND Id > '{since.record_id}'))"
    return (
        f"SELECT {', '.join(fields.values())} FROM {name(object_name)} "  # noqa: S608
        f"WHERE {after} ORDER BY SystemModstamp, Id LIMIT {int(most)}"
    )


def _record(row: Mapping[str, Any], paths: Sequence[str]) -> Record:
    at = _moment(row.get("SystemModstamp"))
    record_id = str(row.get("Id"))
    fields = {path: read_field(row, path) for path in ("Id", *STAMPS, *paths)}
    return Record(
        record_id=record_id,
        cursor=Cursor(at=at, record_id=record_id),
        changed_at=_moment(row.get("LastModifiedDate")),
        fields=fields,
    )


def _moment(text: object) -> datetime:
    found = moment(text)
    if found is None:
        raise SourceError(_("Salesforce did not say when a record changed."))
    return found


def told(error: OrgError) -> SourceError:
    """Say whether asking again later helps."""
    kind = SourceUnavailable if error.refusal.kind in PASSING else SourceError
    return kind(error.refusal.message)


def _spelled(record_id: str, found: Mapping[str, object]) -> str:
    """The id as the org spells it: of 18 characters, where we may have 15."""
    if record_id in found:
        return record_id
    return next((key for key in found if key[:15] == record_id[:15]), "")
