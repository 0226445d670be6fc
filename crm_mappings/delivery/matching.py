"""Owns the match inbox: responses for which no record or several were found, the
candidates side by side, and what a person chose, remembered if wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.delivery import rounds
from crm_mappings.delivery.choosing import Key, key_of
from crm_mappings.delivery.jobs import Job
from crm_mappings.delivery.resending import send_again
from crm_mappings.models import RememberedMatch, WriteBack
from crm_mappings.plan import rules
from crm_mappings.plan.lookups import ID, is_chained
from crm_mappings.plan.planner import Lookup, lookups
from crm_mappings.plan.schema import ObjectSchema, id18, is_id
from crm_mappings.plan.specs import MappingSpec, StepSpec
from crm_mappings.salesforce.client import OrgClient, Row
from deployments.rules import read_field

CODES = frozenset({"NO_MATCH", "SEVERAL_MATCHES"})
CREATED = "CreatedDate"
MOST_CANDIDATES = 20
# What tells people and cases apart, where the object has it.
TELLING = (
    *("Name", "CaseNumber", "Subject", "Title", "Company", "Email", "Phone"),
    *("MobilePhone", "MailingCity", "BillingCity", "Status", "StageName"),
)
BY_WHOM = ("AccountId", "OwnerId")
DATES = (CREATED, "LastModifiedDate", "LastActivityDate")
# By which a person finds a record; each is text.
SEARCHED = ("Name", "CaseNumber", "Subject", "Email", "Phone")


class NoQuestion(Exception):
    """Nothing is to be chosen here (any more); the message says why."""


class NotThere(Exception):
    """The chosen record is not in the org, or is of another object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    id: str
    # By path, as the org holds them now.
    values: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which record is meant by one step of one write-back?"""

    step: str
    object: str
    object_label: str
    # What was looked for: the label of a field, and the value.
    looked_for: tuple[tuple[str, str], ...]
    # What the answer can be remembered by.
    keys: tuple[Key, ...]
    # The lines of the comparison: a path and its label.
    lines: tuple[tuple[str, str], ...]
    candidates: tuple[Candidate, ...]


def waiting() -> QuerySet[WriteBack]:
    """Return what waits for a person's choice, oldest first."""
    held = WriteBack.objects.filter(state=WriteBack.State.HELD, error_code__in=CODES)
    return held.order_by("created_at", "pk")


def ask(*, write_back: WriteBack, now: datetime, words: str = "") -> Question:
    """Return the candidates: what fits, or what `words` find; raise `OrgError` or
    `NoQuestion`."""
    step, spec = _step(write_back)
    org = connections.client(write_back.mapping.connection)
    try:
        schemas = _schemas(write_back, spec, org, now)
        schema = schemas[step.object]
        wanted = _wanted(write_back, step, spec, schemas, org)
        lines = _lines(schema, step, wanted)
        paths = list(dict.fromkeys([ID, CREATED, *(path for path, _label in lines)]))
        rows = _rows(org, schema, paths, wanted, words.strip())
        connections.note_usage(connection=write_back.mapping.connection, org=org)
    finally:
        org.close()
    return Question(
        step=step.key,
        object=step.object,
        object_label=schema.label,
        looked_for=tuple((_label(schema, one.field), str(one.value)) for one in wanted),
        keys=tuple(key for one in wanted if (key := key_of(one))),
        lines=lines,
        candidates=tuple(
            Candidate(
                id=id18(row[ID]),
                values={path: read_field(row, path) for path, _label in lines},
            )
            for row in rows
        ),
    )


def _step(write_back: WriteBack) -> tuple[StepSpec, MappingSpec]:
    """Return the step that waits, by the mapping as it is now."""
    held = write_back.state == WriteBack.State.HELD
    if not held or write_back.error_code not in CODES:
        raise NoQuestion(_("This write-back does not wait for a choice any more."))
    revision = write_back.mapping.live_revision or write_back.revision
    key = (write_back.rule or {}).get("step")
    try:
        spec = rules.parse(revision.document)
    except rules.MappingError as error:
        raise NoQuestion(str(error)) from error
    step = next((one for one in spec.steps if one.key == key), None)
    if step is None:
        raise NoQuestion(_("The mapping has no such step any more. Send it again."))
    return step, spec


def _schemas(
    write_back: WriteBack, spec: MappingSpec, org: OrgClient, now: datetime
) -> dict[str, ObjectSchema]:
    return {
        name: connections.describe(
            connection=write_back.mapping.connection, object=name, now=now, org=org
        )
        for name in dict.fromkeys(step.object for step in spec.steps)
    }


def _wanted(
    write_back: WriteBack,
    step: StepSpec,
    spec: MappingSpec,
    schemas: dict[str, ObjectSchema],
    org: OrgClient,
) -> list[Lookup]:
    """Ask only where it takes the records of earlier steps to tell."""
    job = Job(row=write_back)
    wanted = lookups(job.read(), spec, schemas)
    if is_chained(step):
        wanted = rounds.ask(org, spec, schemas, [job])[job].asked
    return [one for one in wanted if one.step == step.key]


def _lines(
    schema: ObjectSchema, step: StepSpec, wanted: Sequence[Lookup]
) -> tuple[tuple[str, str], ...]:
    """Return what is compared: what tells records apart, what was looked for, whose
    they are, what would be overwritten, and when they were touched."""
    names = [*TELLING, *(one.field for one in wanted)]
    names += [rule.field for rule in step.fields]
    found = {name: schema.fields[name].label for name in names if name in schema.fields}
    people = {
        f"{field.relationship}.Name": field.label.removesuffix(" ID")
        for name in BY_WHOM
        if (field := schema.fields.get(name)) and field.relationship
    }
    dates = {name: _label(schema, name) for name in DATES if name in schema.fields}
    return tuple((found | people | dates).items())


def _label(schema: ObjectSchema, name: str) -> str:
    field = schema.fields.get(name)
    return field.label if field else name


def _rows(
    org: OrgClient,
    schema: ObjectSchema,
    paths: Sequence[str],
    wanted: Sequence[Lookup],
    words: str,
) -> list[Row]:
    if words:
        return _searched(org, schema, paths, words)
    found: dict[str, Row] = {}
    for one in wanted:
        rows = org.select(schema.name, paths, one.field, [one.value])
        found |= {row[ID]: row for row in rows if row[ID] not in found}
    return list(found.values())[:MOST_CANDIDATES]


def _searched(
    org: OrgClient, schema: ObjectSchema, paths: Sequence[str], words: str
) -> list[Row]:
    if is_id(words):
        return org.select(schema.name, paths, ID, [words])
    by = [
        name
        for name in SEARCHED
        if name in schema.fields and schema.fields[name].filterable
    ]
    return org.search(schema.name, paths, by, words, MOST_CANDIDATES) if by else []


def choose(
    *,
    write_back: WriteBack,
    record_id: str,
    remember: bool,
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None = None,
) -> int:
    """Write to this record; return how many others go with it, because the choice is
    remembered. Raises `NotThere`, `NoQuestion` or `OrgError`."""
    if not is_id(record_id):
        raise NotThere(_("Choose a record, or enter its id of 15 or 18 characters."))
    question = ask(write_back=write_back, now=now, words=record_id)
    if not question.candidates:
        text = _("There is no %(object)s with the id %(id)s that the user may see.")
        raise NotThere(text % {"object": question.object_label, "id": record_id})
    chosen = question.candidates[0].id
    alike = _alike(write_back) if remember else WriteBack.objects.none()
    with transaction.atomic():
        row = WriteBack.objects.select_for_update().get(pk=write_back.pk)
        row.choices = {**row.choices, question.step: chosen}
        row.save(update_fields=["choices"])
        if remember:
            _remember(write_back, question.keys, chosen, now, user)
        one = WriteBack.objects.filter(pk=row.pk)
        if not send_again(write_backs=one, now=now, user=user):
            raise NoQuestion(_("This write-back does not wait for a choice any more."))
        return send_again(write_backs=alike, now=now, user=user)


def _remember(
    write_back: WriteBack,
    keys: Sequence[Key],
    record_id: str,
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None,
) -> None:
    for object_, field, value in keys:
        RememberedMatch.objects.update_or_create(
            connection=write_back.mapping.connection,
            object=object_,
            field=field,
            value=value,
            defaults={
                "record_id": record_id,
                "chosen_at": now,
                "chosen_by": user if isinstance(user, User) else None,
            },
        )


def _alike(write_back: WriteBack) -> QuerySet[WriteBack]:
    """Return the others that wait in the very words in which this one does: the same
    value was looked for, so they mean the same record."""
    alike = waiting().filter(
        mapping__connection=write_back.mapping.connection_id,
        error_code=write_back.error_code,
        reason=write_back.reason,
    )
    return alike.exclude(pk=write_back.pk)
