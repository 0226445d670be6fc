"""Owns the life of sandboxes: a connection's set-up copied to another org, and a
connection bound anew after a refresh gave its org another id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm_mappings import activation, connections, drift
from crm_mappings.connections.uses import active_triggers, source_of, trigger_reads
from crm_mappings.models import Connection, FieldRule, Mapping, SchemaChange
from crm_mappings.plan.check import Finding
from crm_mappings.plan.schema import ObjectSchema
from deployments.models import Trigger

COPIED = (
    *("login", "login_url", "client_id", "client_secret", "login_username"),
    *("private_key", "certificate", "tell", "api_share", "concurrency"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """A mapping, and what of it the org would refuse."""

    mapping: Mapping
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfitTrigger:
    """A trigger, and the fields that it reads and that are not there."""

    trigger: Trigger
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebound:
    """What came of binding a connection anew."""

    org_before: str
    org_now: str
    changes: tuple[SchemaChange, ...]
    unfit: tuple[Unfit, ...]
    triggers: tuple[UnfitTrigger, ...] = ()

    @property
    def fits(self) -> bool:
        return not (self.unfit or self.triggers)


def rebind(*, connection: Connection, now: datetime) -> Rebound:
    """Log in without a person to the org that is there now, and take its id."""
    before = connection.org_id
    connections.connect(connection=connection, now=now, rebind=True)
    return after_log_in(connection=connection, org_before=before, now=now)


def after_log_in(*, connection: Connection, org_before: str, now: datetime) -> Rebound:
    """Compare what is there now with what was, and flag what fits no more."""
    changes = drift.look(connection=connection, now=now)
    return Rebound(
        org_before=org_before,
        org_now=connection.org_id,
        changes=tuple(changes),
        unfit=unfit(connection=connection, now=now),
        triggers=unfit_triggers(connection=connection),
    )


def unfit(*, connection: Connection, now: datetime) -> tuple[Unfit, ...]:
    """Return the connection's mappings that its org would refuse."""
    rows = Mapping.objects.filter(connection=connection).order_by("name", "pk")
    found = []
    for mapping in rows.select_related("survey", "connection"):
        findings = activation.check(mapping=mapping, now=now)
        failing = tuple(filter(activation.will_fail, findings))
        if failing:
            found.append(Unfit(mapping=mapping, findings=failing))
    return tuple(found)


def unfit_triggers(*, connection: Connection) -> tuple[UnfitTrigger, ...]:
    """Return the active triggers that read what their org does not have."""

    @cache
    def schema_of(name: str) -> ObjectSchema | None:
        return connections.known(connection=connection, object=name)

    found = []
    for trigger in active_triggers(connection):
        reads = dict.fromkeys(trigger_reads(trigger, schema_of))
        missing = tuple(
            f"{name}.{field}"
            for name, field in reads
            if (schema := schema_of(name)) and field not in schema.fields
        )
        if missing:
            found.append(UnfitTrigger(trigger=trigger, missing=missing))
    return tuple(found)


@transaction.atomic
def clone(*, connection: Connection, key: str, name: str, login_url: str) -> Connection:
    """Copy a connection's set-up for another org: its mappings as drafts, its
    triggers switched off.

    No token goes along: the copy has to log in by itself.
    """
    copied = {field: getattr(connection, field) for field in COPIED}
    fresh = connections.create(
        **{**copied, "key": key, "name": name, "login_url": login_url}
    )
    for mapping in Mapping.objects.filter(connection=connection).order_by("pk"):
        _copy(mapping, fresh, name)
    for trigger in triggers_of(connection):
        trigger.pk, trigger.source = None, source_of(fresh)
        trigger.is_active = False  # or both orgs would ask the same people
        trigger.save(force_insert=True)
    return fresh


def triggers_of(connection: Connection) -> QuerySet[Trigger]:
    rows = Trigger.objects.filter(source=source_of(connection))
    return rows.select_related("deployment").order_by("pk")


def _copy(mapping: Mapping, connection: Connection, name: str) -> None:
    """Copy the draft row by row, finished or not."""
    copied = Mapping.objects.create(
        key=free_key(mapping.key, connection.key),
        name=f"{mapping.name or mapping.key} ({name})"[:200],
        survey=mapping.survey,
        connection=connection,
        condition=mapping.condition,
        partial_after=mapping.partial_after,
        on_erasure=mapping.on_erasure,
    )
    for step in mapping.steps.prefetch_related("rules").order_by("pk"):
        rules = list(step.rules.all())
        step.pk, step.mapping = None, copied
        step.save(force_insert=True)
        for rule in rules:
            rule.pk, rule.step = None, step
        FieldRule.objects.bulk_create(rules)


def free_key(key: str, connection_key: str) -> str:
    """Return a key for a copied mapping that no other mapping has."""
    stem = f"{key}-{connection_key}"[:46].rstrip("-")
    taken = set(
        Mapping.objects.filter(key__startswith=stem).values_list("key", flat=True)
    )
    if stem not in taken:
        return stem
    return next(
        f"{stem}-{number}"
        for number in range(2, 1000)
        if f"{stem}-{number}" not in taken
    )


def other_org_text(connection: Connection) -> str:
    """Say which org answered the last log-in; "" when it was the right one."""
    if not connection.found_org_id:
        return ""
    return _(
        "The last log-in reached the organisation %(found)s; this connection belongs "
        "to %(known)s. After a sandbox refresh that is right: bind it anew."
    ) % {"found": connection.found_org_id, "known": connection.org_id}
