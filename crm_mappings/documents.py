"""Owns the mapping document: what REST, export and git read and write, and the
draft rows that the admin edits. The two say the same."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from typing import Any, NoReturn, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from crm_mappings.models import Connection, FieldRule, Mapping, Step
from crm_mappings.plan import rules
from surveys import row_documents
from surveys.models import Survey

WHEN = "completed"
MAX_NAME = 200
Row = TypeVar("Row", Survey, Connection)


def mapping_document(mapping: Mapping) -> dict[str, Any]:
    """Return the draft as a document; `save_document` of it changes nothing."""
    steps = mapping.steps.order_by("position", "pk").prefetch_related("rules")
    return {
        "key": mapping.key,
        "name": mapping.name,
        "survey": mapping.survey.key,
        "connection": mapping.connection.key,
        "when": WHEN,
        "condition": mapping.condition,
        "trusts_links": mapping.trusts_links,
        "partial_after": mapping.partial_after,
        "on_erasure": mapping.on_erasure,
        "steps": [_step_document(step) for step in steps],
    }


def _step_document(step: Step) -> dict[str, Any]:
    ordered = sorted(step.rules.all(), key=lambda rule: (rule.position, rule.pk))
    return {
        "key": step.key,
        "action": step.action,
        "object": step.object,
        "find": step.find,
        "no_match": step.no_match,
        "several": step.several,
        "key_field": step.key_field or None,
        "duplicates": step.duplicates,
        "condition": step.condition,
        "fields": [_rule_document(rule) for rule in ordered],
    }


def _rule_document(rule: FieldRule) -> dict[str, Any]:
    return {
        "field": rule.field,
        "value": rule.value,
        "table": rule.table,
        "transforms": rule.transforms,
        "blank": rule.blank,
        "default": rule.default,
        "overwrite": rule.overwrite,
        "condition": rule.condition,
    }


@transaction.atomic
def save_document(
    *, document: object, may_trust: bool = False, only_new: bool = False
) -> Mapping:
    """Create or update the draft of a mapping; raise `rules.MappingError`, and
    `KeyTaken` when only a new one is wanted.

    What is live stays as it was activated. Only an administrator `may_trust` links:
    let an open variable choose the record.
    """
    spec = rules.parse(document)
    if spec.trusts_links and not may_trust:
        _keep_trust(spec.key)
    canonical: dict[str, Any] = rules.to_document(spec)
    values = {
        "name": _name(document, spec.key),
        "survey": _named(Survey, "survey", spec.survey),
        "connection": _named(Connection, "connection", spec.connection),
        "condition": canonical["condition"],
        "trusts_links": canonical["trusts_links"],
        "partial_after": canonical["partial_after"],
        "on_erasure": canonical["on_erasure"],
    }
    mapping = row_documents.keep(
        Mapping.objects, values, key=spec.key, only_new=only_new
    )
    mapping.steps.all().delete()
    for position, step in enumerate(canonical["steps"]):
        _save_step(mapping, position, step)
    return mapping


def _name(document: object, key: str) -> str:
    name = document.get("name") if isinstance(document, Dict) else None
    if not name:
        kept = Mapping.objects.filter(key=key).values_list("name", flat=True).first()
        return kept or key
    if not isinstance(name, str) or len(name) > MAX_NAME:
        _refuse("name", _("A name is a text of up to 200 characters."))
    return str(name)


def _named(model: type[Row], path: str, key: str) -> Row:
    try:
        return model.objects.get(key=key)
    except model.DoesNotExist:
        _refuse(path, _("There is none with the key “%(key)s”.") % {"key": key})


def _refuse(path: str, message: str) -> NoReturn:
    raise rules.MappingError((rules.Problem(path=path, message=message),))


def _keep_trust(key: str) -> None:
    """Trust that is there already is kept by whoever saves."""
    if not Mapping.objects.filter(key=key, trusts_links=True).exists():
        _refuse(
            "trusts_links",
            _(
                "Only an administrator can let an open variable choose the record: "
                "whoever changes the address of a link could then write to any record."
            ),
        )


def _save_step(mapping: Mapping, position: int, document: dict[str, Any]) -> None:
    values = {key: value for key, value in document.items() if key != "fields"}
    values["key_field"] = values["key_field"] or ""
    step = Step.objects.create(mapping=mapping, position=position, **values)
    FieldRule.objects.bulk_create(
        FieldRule(step=step, position=place, **rule)
        for place, rule in enumerate(document["fields"])
    )


@transaction.atomic
def begin(
    *,
    key: str,
    name: str,
    survey: Survey,
    connection: Connection,
    object: str,  # noqa: A002 - Salesforce's word, as in the models
    record: str,
) -> Mapping:
    """Make a draft with one step, which updates a record of the invitation."""
    mapping = Mapping.objects.create(
        key=key, name=name, survey=survey, connection=connection
    )
    Step.objects.create(
        mapping=mapping,
        key=step_key(object),
        action=Step.Action.UPDATE,
        object=object,
        find=[{"record": record}],
    )
    return mapping


def step_key(object_: str) -> str:
    """Return a step's name for an object: `NPS_Response__c` → `nps_response_c`."""
    words = re.sub(r"[^a-z0-9]+", "_", object_.lower()).strip("_")
    return words[:40] if words[:1].isalpha() else f"step_{words}"[:40]
