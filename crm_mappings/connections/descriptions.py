"""Owns what an org says of its objects: asked once, kept for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crm_mappings.connections.log_in import client
from crm_mappings.models import Connection, ObjectDescription
from crm_mappings.plan.schema import DescribeError, ObjectSchema, parse_describe
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import UnreadableAnswer

MAX_AGE = timedelta(hours=1)
# The name under which the list of all objects is kept; no object has it.
ALL_OBJECTS = "*"


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


def _keep(connection: Connection, name: str, describe: Any, now: datetime) -> None:
    ObjectDescription.objects.update_or_create(
        connection=connection,
        object=name,
        defaults={"describe": describe, "fetched_at": now},
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
