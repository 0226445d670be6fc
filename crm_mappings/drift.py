"""Owns the nightly look at what became different in an org: what changed, which of
our mappings and triggers it touches, and whether a mapping still fits."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from crm_mappings import activation, connections
from crm_mappings.connections.descriptions import ALL_OBJECTS, Fresh
from crm_mappings.connections.uses import (
    SchemaOf,
    active_triggers,
    followed,
    step_reads,
)
from crm_mappings.models import Connection, Mapping, SchemaChange
from crm_mappings.nights import next_night
from crm_mappings.plan.drift import Change, differences
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.salesforce.errors import OrgError
from deployments.models import Trigger
from deployments.reading import rule_of
from deployments.rules.deciding import paths

log = logging.getLogger(__name__)

TRY_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Something of ours that uses an object, and the fields it uses."""

    kind: str
    id: int
    name: str
    object: str
    fields: frozenset[str]
    # What it is known by in addresses, where that is not the id.
    key: str = ""

    def is_touched_by(self, change: Change) -> bool:
        same = change.object == self.object
        return same and (not change.field or change.field in self.fields)


def look_at_due(*, now: datetime) -> int:
    """Look at each org whose night has come; return how many were looked at."""
    looked = 0
    due = Connection.objects.filter(
        Q(drift_due_at=None) | Q(drift_due_at__lte=now),
        status=Connection.Status.CONNECTED,
    )
    for connection in due.order_by("pk"):
        mine = Connection.objects.filter(
            pk=connection.pk, drift_due_at=connection.drift_due_at
        )
        if mine.update(drift_due_at=next_night(now)):
            looked += _look(connection, now)
    return looked


def _look(connection: Connection, now: datetime) -> bool:
    try:
        look(connection=connection, now=now)
    except OrgError as error:
        log.warning("%s could not be compared: %s", connection.key, error)
        again = Connection.objects.filter(pk=connection.pk)
        again.update(drift_due_at=now + TRY_AGAIN)
        return False
    return True


def look(*, connection: Connection, now: datetime) -> list[SchemaChange]:
    """Compare all objects that are kept or used with the org; flag what fits no more."""
    used = list(touchable(connection))
    kept = connection.descriptions.values_list("object", flat=True)
    names = ({use.object for use in used} | set(kept)) - {ALL_OBJECTS}
    org = connections.client(connection)
    try:
        fresh = connections.refresh(
            connection=connection, objects=sorted(names), now=now, org=org
        )
    finally:
        connections.note_usage(connection=connection, org=org)
        org.close()
    changes = [row for name, one in fresh.items() for row in _changes(name, one)]
    found = [_row(connection, change, used, now) for change in changes]
    SchemaChange.objects.bulk_create(found)
    flag_mappings(connection=connection, now=now)
    return found


def _changes(name: str, fresh: Fresh) -> Sequence[Change]:
    if fresh.before is None:
        return ()
    return differences(name, fresh.before, fresh.after)


def _row(
    connection: Connection, change: Change, used: Sequence[Touched], now: datetime
) -> SchemaChange:
    touches = [
        {"kind": use.kind, "id": use.id, "name": use.name, "key": use.key}
        for use in used
        if use.is_touched_by(change)
    ]
    return SchemaChange(
        connection=connection,
        found_at=now,
        object=change.object,
        field=change.field,
        text=change.text,
        touches=touches,
    )


def touchable(connection: Connection) -> Iterator[Touched]:
    """Yield each use of an object by live mappings, active triggers and exports."""
    mappings = Mapping.objects.filter(
        connection=connection, live_revision__isnull=False
    ).select_related("live_revision")
    for mapping in mappings:
        if mapping.live_revision is not None:
            document = mapping.live_revision.document
            read = list(step_reads(document))
            for step in document.get("steps", []):
                names = {name for object_, name in read if object_ == step["object"]}
                yield _of_step(mapping, step, names)
    schema_of = cache(partial(_known, connection))
    for trigger in active_triggers(connection):
        yield from _of_trigger(trigger, schema_of)


def _of_step(mapping: Mapping, step: dict[str, Any], read: set[str]) -> Touched:
    """What a step writes and finds by, and what later ones `read` of its record."""
    names = read | {rule["field"] for rule in step.get("fields") or []}
    for finder in step.get("find") or []:
        told = (finder.get(kind) for kind in ("external_id", "email", "field"))
        names |= {name for name in told if isinstance(name, str)}
    if step.get("key_field"):
        names.add(step["key_field"])
    return Touched(
        kind="mapping",
        id=mapping.pk,
        name=str(mapping),
        object=step["object"],
        fields=frozenset(names),
    )


def _known(connection: Connection, name: str) -> ObjectSchema | None:
    return connections.known(connection=connection, object=name)


def _of_trigger(trigger: Trigger, schema_of: SchemaOf) -> Iterator[Touched]:
    """Yield what a trigger reads, and the columns of an export that it fills."""
    reads = partial(fields_by_object, schema_of, trigger.object)
    for object_, fields in reads(paths(rule_of(trigger))).items():
        yield Touched(
            kind="trigger",
            id=trigger.pk,
            name=str(trigger),
            object=object_,
            fields=fields,
        )
    survey = trigger.deployment.survey
    for variable, path in trigger.variables.items():
        words = {"survey": survey, "column": variable}
        for object_, fields in reads([str(path)]).items():
            yield Touched(
                kind="export",
                id=survey.pk,
                key=survey.key,
                name=_("export of “%(survey)s”, column %(column)s") % words,
                object=object_,
                fields=fields,
            )


def fields_by_object(
    schema_of: SchemaOf, object_: str, read: Iterable[str]
) -> dict[str, frozenset[str]]:
    """Return the fields that paths lead over, by object."""
    found: dict[str, set[str]] = {}
    for path in read:
        for name, field in followed(object_, path, schema_of):
            found.setdefault(name, set()).add(field)
    return {name: frozenset(fields) for name, fields in found.items()}


def flag_mappings(*, connection: Connection, now: datetime) -> None:
    """Say on each live mapping what of it would fail now, or that nothing would."""
    active = Mapping.objects.filter(
        connection=connection,
        status=Mapping.Status.ACTIVE,
        live_revision__isnull=False,
    ).select_related("live_revision", "survey", "connection")
    for mapping in active:
        problem = _problem(mapping, now)
        if problem != mapping.problem:
            Mapping.objects.filter(pk=mapping.pk, status=Mapping.Status.ACTIVE).update(
                problem=problem
            )


def _problem(mapping: Mapping, now: datetime) -> str:
    assert mapping.live_revision is not None  # noqa: S101 - only such are asked for
    findings = activation.check_document(
        mapping=mapping, document=mapping.live_revision.document, now=now
    )
    return " ".join(
        dict.fromkeys(
            finding.message for finding in findings if activation.will_fail(finding)
        )
    )
