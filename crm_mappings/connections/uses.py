"""Owns what a connection is used for: which objects and fields its live mappings read
and write and its triggers read, and whether anything waits for its messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from crm_mappings.connections.descriptions import known
from crm_mappings.models import Connection, Provisioning
from crm_mappings.models import Mapping as MappingRow
from crm_mappings.plan import rules
from crm_mappings.plan.lookups import read_fields
from crm_mappings.plan.schema import ObjectSchema
from deployments.models import Trigger
from deployments.reading import rule_of
from deployments.rules.deciding import paths

CONSENT_FIELDS = {
    *("Name", "PartyId", "ContactPointType", "PrivacyConsentStatus", "EffectiveFrom"),
    *("CaptureDate", "CaptureContactPointType", "CaptureSource"),
}
SchemaOf = Callable[[str], ObjectSchema | None]


@dataclass(slots=True, kw_only=True)
class ObjectUse:
    """What one object is used for, over all live mappings and active triggers."""

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
    # Active triggers wait for its outbound messages.
    listens: bool
    # Active triggers ask by themselves what has changed.
    asks: bool
    # What Tellback deploys to the org: objects and fields, messages and flows.
    deploys: frozenset[str] = frozenset()


def source_of(connection: Connection) -> str:
    """Return the name under which triggers know a connection."""
    return f"salesforce:{connection.key}"


def uses(connection: Connection, *, schema_of: SchemaOf | None = None) -> Uses:
    """Return all uses; paths to related records are followed as far as `schema_of`
    knows the objects on the way."""
    objects: dict[str, ObjectUse] = {}
    for document in _documents(connection):
        for step in document.get("steps", []):
            objects.setdefault(str(step["object"]), ObjectUse()).add(step)
        for name, field_name in step_reads(document):
            objects.setdefault(name, ObjectUse()).read.add(field_name)
    triggers = list(active_triggers(connection))
    schemas = schema_of or partial(_known, connection)
    for trigger in triggers:
        for name, field_name in trigger_reads(trigger, schemas):
            objects.setdefault(name, ObjectUse()).read.add(field_name)
    for name, fields, writes in _of_opt_outs(connection):
        use = objects.setdefault(name, ObjectUse())
        use.read |= fields
        if writes:
            use.written.setdefault(writes, set()).update(fields)
            use.create |= writes == "create"
            use.edit |= writes == "update"
    return Uses(
        objects=dict(sorted(objects.items())),
        listens=any(not trigger.poll_minutes for trigger in triggers),
        asks=any(trigger.poll_minutes for trigger in triggers),
        deploys=_deploys(connection),
    )


def _of_opt_outs(connection: Connection) -> Iterator[tuple[str, set[str], str]]:
    """Yield the objects by which opt-outs are kept in step, and what is done there."""
    wish = connection.writes_opt_outs
    flags = wish in {Connection.OptOuts.FLAG, Connection.OptOuts.BOTH}
    consents = wish in {Connection.OptOuts.CONSENT, Connection.OptOuts.BOTH}
    if connection.reads_opt_outs or wish:
        for person in ("Contact", "Lead"):
            yield person, {"Email"}, ""
            yield person, {"HasOptedOutOfEmail"}, "update" if flags else ""
            if consents:
                yield person, {"IndividualId"}, "update"
    if consents:
        yield "Individual", {"LastName", "FirstName"}, "create"
        yield "ContactPointEmail", {"ParentId", "EmailAddress"}, "create"
        yield "ContactPointTypeConsent", CONSENT_FIELDS, "create"


def _deploys(connection: Connection) -> frozenset[str]:
    rows = Provisioning.objects.filter(connection=connection, check_only=False)
    kept = rows.exclude(state=Provisioning.State.CANCELLED)
    return frozenset(kept.values_list("kind", flat=True).distinct())


def _known(connection: Connection, name: str) -> ObjectSchema | None:
    return known(connection=connection, object=name)


def _documents(connection: Connection) -> Iterator[Mapping[str, Any]]:
    live = MappingRow.objects.filter(
        connection=connection,
        status=MappingRow.Status.ACTIVE,
        live_revision__isnull=False,
    ).select_related("live_revision")
    for mapping in live:
        if mapping.live_revision is not None:
            yield mapping.live_revision.document


def step_reads(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the object and the field of what later steps read of earlier ones."""
    try:
        spec = rules.parse(document)
    except rules.MappingError:
        return  # of an older form: the nightly check says so
    for step in spec.steps:
        for name in dict.fromkeys(read_fields(step.key, spec)):
            if name and name != "outcome":
                yield step.object, name


def active_triggers(connection: Connection) -> Iterator[Trigger]:
    rows = Trigger.objects.filter(source=source_of(connection), is_active=True)
    yield from rows.select_related("deployment__survey").order_by("pk")


def trigger_reads(trigger: Trigger, schema_of: SchemaOf) -> Iterator[tuple[str, str]]:
    """Yield the object and the field of everything that a trigger reads."""
    rule = rule_of(trigger)
    for path in paths(rule):
        yield from followed(trigger.object, path, schema_of)


def followed(object_: str, path: str, schema_of: SchemaOf) -> Iterator[tuple[str, str]]:
    """Yield each field on the way: `Contact.Email` of a case is its `ContactId` and
    the contact's `Email`. Where a relation leads to several objects, the way ends."""
    *relations, last = path.split(".")
    for relation in relations:
        schema = schema_of(object_)
        name = _reference(schema, relation)
        yield object_, name
        found = schema.fields.get(name) if schema else None
        if found is None or len(found.reference_to) != 1:
            return
        [object_] = found.reference_to
    yield object_, _spelled(schema_of(object_), last)


def _reference(schema: ObjectSchema | None, relation: str) -> str:
    """Return the field that holds the id of what a relation leads to."""
    by_name = {
        found.relationship.casefold(): found.name
        for found in (schema.fields.values() if schema else ())
        if found.relationship
    }
    custom = relation.lower().endswith("__r")
    guess = f"{relation[:-1]}c" if custom else f"{relation}Id"
    return by_name.get(relation.casefold(), guess)


def _spelled(schema: ObjectSchema | None, name: str) -> str:
    """Return a field's name as the org spells it: people may write it otherwise."""
    if schema is None or name in schema.fields:
        return name
    lower = name.casefold()
    return next((key for key in schema.fields if key.casefold() == lower), name)
