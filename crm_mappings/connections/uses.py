"""Owns what a connection is used for: which objects and fields its live mappings read
and write, and whether anything waits for its messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_mappings.models import Connection
from crm_mappings.models import Mapping as MappingRow
from deployments.models import Trigger


@dataclass(slots=True, kw_only=True)
class ObjectUse:
    """What one object is used for, over all live mappings."""

    create: bool = False
    edit: bool = False
    # Fields that are written, by action; fields that are only looked at; our keys.
    written: dict[str, set[str]] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def add(self, step: Mapping[str, Any]) -> None:
        action = str(step.get("action"))
        creates = action in {"create", "upsert"} or step.get("no_match") == "create"
        self.create |= creates and action != "find"
        self.edit |= action in {"update", "upsert"}
        names = {rule["field"] for rule in step.get("fields") or []}
        self.written.setdefault(action, set()).update(names)
        for finder in step.get("find") or []:
            told = (finder.get(kind) for kind in ("external_id", "email", "field"))
            self.read |= {name for name in told if isinstance(name, str)}
        if step.get("key_field"):
            self.keys.add(str(step["key_field"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    objects: dict[str, ObjectUse]
    # Active triggers listen to its outbound messages.
    listens: bool


def source_of(connection: Connection) -> str:
    """Return the name under which triggers know a connection."""
    return f"salesforce:{connection.key}"


def uses(connection: Connection) -> Uses:
    objects: dict[str, ObjectUse] = {}
    for step in _steps(connection):
        objects.setdefault(str(step["object"]), ObjectUse()).add(step)
    triggers = Trigger.objects.filter(source=source_of(connection), is_active=True)
    return Uses(objects=dict(sorted(objects.items())), listens=triggers.exists())


def _steps(connection: Connection) -> Iterator[Mapping[str, Any]]:
    live = MappingRow.objects.filter(
        connection=connection,
        status=MappingRow.Status.ACTIVE,
        live_revision__isnull=False,
    ).select_related("live_revision")
    for mapping in live:
        if mapping.live_revision is not None:
            yield from mapping.live_revision.document.get("steps", [])
