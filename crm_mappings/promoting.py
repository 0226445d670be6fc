"""Owns the way of a mapping from one org to another, sandbox to production: matched
by API names, compared with what is there, and proved against the target."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from crm_mappings import activation, connections, documents
from crm_mappings.models import Connection, Mapping
from crm_mappings.plan.check import Finding
from crm_mappings.plan.differing import Difference, as_drafted, differences
from crm_mappings.plan.schema import FieldSchema, ObjectSchema, id18, is_id
from crm_mappings.rebinding import free_key
from crm_mappings.salesforce.errors import OrgError

RECORD_TYPE = "RecordTypeId"
ID = "Id"
FINDERS = ("external_id", "email", "field")


class CannotPromote(Exception):
    """There is nothing to carry over, or nowhere to carry it to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What would come to the other org, and what it would say of it."""

    # The mapping of the other org; None: a new one.
    target: Mapping | None
    document: dict[str, Any]
    changes: tuple[Difference, ...]
    findings: tuple[Finding, ...]
    # Taken is what runs; the draft is ahead of it.
    draft_differs: bool

    @property
    def will_fail(self) -> bool:
        return any(map(activation.will_fail, self.findings))


def propose(*, mapping: Mapping, connection: Connection, now: datetime) -> Promotion:
    """Return what promoting would do; nothing is written. Raises `CannotPromote`."""
    if connection.pk == mapping.connection_id:
        raise CannotPromote(_("This mapping belongs to that connection already."))
    revision, draft = mapping.live_revision, documents.mapping_document(mapping)
    live = as_drafted(revision.document, draft) if revision else draft
    taken = {**draft, **live}
    target = counterpart(mapping, connection)
    document = deepcopy(taken)
    document |= {
        "key": target.key if target else _key(mapping, connection),
        "name": target.name if target else mapping.name,
        "connection": connection.key,
    }
    before = documents.mapping_document(target) if target else None
    # That a link may choose a record is allowed for one org, by one person.
    document["trusts_links"] = bool(before and before.get("trusts_links"))
    notes = tuple(_carried(document, mapping.connection, connection, now))
    standing = Mapping(survey=mapping.survey, connection=connection)
    findings = activation.check_document(mapping=standing, document=document, now=now)
    return Promotion(
        target=target,
        document=document,
        changes=tuple(differences(before, document)) if before else (),
        findings=(*notes, *findings),
        draft_differs=bool(differences(live, draft)),
    )


def promote(*, mapping: Mapping, connection: Connection, now: datetime) -> Mapping:
    """Save it as the draft of the other org; what runs there goes on as it is."""
    promotion = propose(mapping=mapping, connection=connection, now=now)
    return documents.save_document(document=promotion.document)


def counterpart(mapping: Mapping, connection: Connection) -> Mapping | None:
    """Return the mapping that is the same one at the other org."""
    base = _base(mapping)
    rows = Mapping.objects.filter(connection=connection, survey=mapping.survey_id)
    keys = [base, f"{base}-{connection.key}"[:46].rstrip("-")]
    found = {row.key: row for row in rows.filter(key__in=keys)}
    return next((found[key] for key in keys if key in found), None)


def _base(mapping: Mapping) -> str:
    """What was copied to an org has that org's key behind its own."""
    return mapping.key.removesuffix(f"-{mapping.connection.key}")


def _key(mapping: Mapping, connection: Connection) -> str:
    base = _base(mapping)
    taken = Mapping.objects.filter(key=base).exists()
    return free_key(base, connection.key) if taken else base


def _carried(
    document: dict[str, Any], source: Connection, target: Connection, now: datetime
) -> Iterator[Finding]:
    """Lead ids of one org to those of the other; say which have no counterpart."""
    for step in document["steps"]:
        ids = list(_ids(step))
        if not ids:
            continue
        there = connections.known(connection=source, object=step["object"])
        here = _described(target, step["object"], now)
        for one in ids:
            yield from _led(step["key"], one, there, here)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """What looks like an id in a document, and where it stands."""

    field: str
    holder: dict[str, Any]
    key: str

    @property
    def id(self) -> str:
        return str(self.holder[self.key])


def _ids(step: dict[str, Any]) -> Iterator[_Written]:
    """Yield what a step writes and looks for that is no answer: constants, defaults,
    the values of tables."""
    places = [
        (name, finder["value"], "constant")
        for finder in step["find"]
        for name in (finder.get(how) for how in FINDERS)
        if name
    ]
    for rule in step["fields"]:
        places += [(rule["field"], rule["value"], "constant")]
        places += [(rule["field"], rule, "default")]
        places += [(rule["field"], rule["table"], answer) for answer in rule["table"]]
    for field, holder, key in places:
        if is_id(holder.get(key)):
            yield _Written(field=field, holder=holder, key=key)


def _described(connection: Connection, name: str, now: datetime) -> ObjectSchema | None:
    try:
        return connections.describe(connection=connection, object=name, now=now)
    except OrgError:
        return None  # the static check says so, with the reason


def _led(
    step: str, one: _Written, there: ObjectSchema | None, here: ObjectSchema | None
) -> Iterator[Finding]:
    field = _field(one.field, there, here)
    if one.field != ID and (field is None or field.type != "reference"):
        return
    found = ""
    if one.field == RECORD_TYPE and there and here:
        found = _record_type(id18(one.id), there, here)
    if found:
        one.holder[one.key] = found
        return
    yield Finding(
        step=step,
        field=one.field,
        grade="will_fail",
        message=_("%(id)s is a record of the other organisation.") % {"id": one.id},
        hint=_("Choose the record here, or find it by a step."),
    )


def _field(
    name: str, there: ObjectSchema | None, here: ObjectSchema | None
) -> FieldSchema | None:
    return next(
        (one.fields[name] for one in (there, here) if one and name in one.fields), None
    )


def _record_type(record_id: str, there: ObjectSchema, here: ObjectSchema) -> str:
    """Record types have a name of their own that is the same in both orgs."""
    names = {one.id: one.developer_name for one in there.record_types}
    ids = {one.developer_name: one.id for one in here.record_types}
    return ids.get(names.get(record_id, ""), "")
