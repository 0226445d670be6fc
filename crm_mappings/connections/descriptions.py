"""Owns what an org says of its objects: asked once, kept for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from crm_mappings.connections.log_in import client
from crm_mappings.models import Connection, ObjectDescription
from crm_mappings.plan.schema import DescribeError, ObjectSchema, parse_describe
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import UnreadableAnswer

MAX_AGE = timedelta(hours=1)
# The name under which the list of all objects is kept; no object has it.
ALL_OBJECTS = "*"


# An object that the user sees no longer, or that is not there.
GONE = frozenset({"NOT_FOUND", "INVALID_TYPE", "HTTP_404"})
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """An object before and after it was asked for; None: it was not there."""

    before: ObjectSchema | None
    after: ObjectSchema | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    name: str
    label: str
    createable: bool
    updateable: bool
    queryable: bool


def describe(
    *,
    connection: Connection,
    object: str,  # noqa: A002 - Salesforce's word, as in the models
    now: datetime,
    max_age: timedelta = MAX_AGE,
    org: OrgClient | None = None,
) -> ObjectSchema:
    """Return an object as it was described within `max_age`; raise `OrgError`."""
    kept = _kept(connection, object, now - max_age)
    if kept is not None:
        return parse_describe(kept)
    told = (org or client(connection)).describe(object)
    try:
        schema = parse_describe(told)
    except DescribeError as error:
        raise UnreadableAnswer from error
    _keep(connection, object, told, now)
    return schema


def refresh(
    *, connection: Connection, objects: Iterable[str], now: datetime, org: OrgClient
) -> dict[str, Fresh]:
    """Ask anew for objects, but only for what is newer than what is kept.

    25 objects cost one call. Returns what is different, by object.
    """
    rows = {
        row.object: row for row in connection.descriptions.filter(object__in=objects)
    }
    since = {name: _since(rows.get(name)) for name in objects if name != ALL_OBJECTS}
    fresh: dict[str, Fresh] = {}
    for name, told in org.describes(since).items():
        row = rows.get(name)
        if told.unchanged and row is not None:
            ObjectDescription.objects.filter(pk=row.pk).update(fetched_at=now)
        elif told.describe is not None:
            fresh[name] = Fresh(
                before=_parsed(row.describe) if row else None,
                after=_parsed(told.describe),
            )
            _keep(connection, name, told.describe, now, told.modified)
        elif told.refusal is not None and told.refusal.code in GONE:
            before = _parsed(row.describe) if row else None
            fresh[name] = Fresh(before=before, after=None)
    return fresh


def _since(row: ObjectDescription | None) -> str:
    """Return the Last-Modified to ask with.

    It counts whole seconds: what was fetched just after it may be older than the last
    change of that very second, so it is asked for again in full.
    """
    if row is None or not row.modified:
        return ""
    try:
        modified = parsedate_to_datetime(row.modified)
    except ValueError:
        return ""
    return row.modified if row.fetched_at - modified > CLOCKS_DIFFER else ""


def _parsed(told: Any) -> ObjectSchema:
    try:
        return parse_describe(told)
    except DescribeError as error:
        raise UnreadableAnswer from error


def known(*, connection: Connection, object: str) -> ObjectSchema | None:  # noqa: A002
    """Return what was last said of an object, however old, without asking."""
    row = connection.descriptions.filter(object=object).first()
    return parse_describe(row.describe) if row else None


def list_objects(
    *, connection: Connection, now: datetime, max_age: timedelta = MAX_AGE
) -> list[ObjectInfo]:
    """Return all objects that the connection's user may see, by label."""
    kept = _kept(connection, ALL_OBJECTS, now - max_age)
    if kept is None:
        kept = {
            "sobjects": [_short(row) for row in client(connection).describe_global()]
        }
        _keep(connection, ALL_OBJECTS, kept, now)
    return _objects(kept)


def known_objects(*, connection: Connection) -> list[ObjectInfo]:
    """Return the list as it was last kept, without asking."""
    row = connection.descriptions.filter(object=ALL_OBJECTS).first()
    return _objects(row.describe) if row else []


def forget(*, connection: Connection) -> None:
    """Ask again next time: somebody has changed the objects."""
    connection.descriptions.all().delete()


def _kept(connection: Connection, name: str, since: datetime) -> Any:
    fresh = connection.descriptions.filter(object=name, fetched_at__gt=since)
    return fresh.values_list("describe", flat=True).first()


def _keep(
    connection: Connection,
    name: str,
    describe: Any,
    now: datetime,
    modified: str = "",
) -> None:
    ObjectDescription.objects.update_or_create(
        connection=connection,
        object=name,
        defaults={"describe": describe, "fetched_at": now, "modified": modified},
    )


def _short(row: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "label", "createable", "updateable", "queryable")
    return {name: row.get(name) for name in names}


def _objects(kept: dict[str, Any]) -> list[ObjectInfo]:
    infos = [
        ObjectInfo(
            name=str(row["name"]),
            label=str(row.get("label") or row["name"]),
            createable=bool(row.get("createable")),
            updateable=bool(row.get("updateable")),
            queryable=bool(row.get("queryable")),
        )
        for row in kept["sobjects"]
        if row.get("name")
    ]
    return sorted(infos, key=lambda info: (info.label.casefold(), info.name))
