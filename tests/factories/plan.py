"""Objects, mappings and facts for the planner, with honest defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crm_mappings.plan import rules
from crm_mappings.plan.planner import Found, Match, lookups, plan
from crm_mappings.plan.schema import FieldSchema, ObjectSchema, PicklistValue
from crm_mappings.plan.values import Facts
from surveys import definition
from tests.factories.surveys import csat, nps, survey_document, topics, why

DESCRIBES = Path(__file__).parents[3] / "shared/data/salesforce/describe"
KEY = "0b9f1c52-7a5e-4a43-9a67-3f3f2f3f7d11"
CASE = "500D000001AbCdEIAV"
CONTACT = "003ak00000luKU1AAM"


def recorded(name: str) -> dict[str, Any]:
    """A describe as an org gave it; the test is skipped where there are none."""
    path = DESCRIBES / f"{name}.json"
    if not path.exists():
        pytest.skip("the recordings are not here")
    return json.loads(path.read_text())


def make_field(name: str, type: str = "string", **options: Any) -> FieldSchema:  # noqa: A002 - Salesforce's word
    lengths = {
        "string": 80,
        "email": 80,
        "textarea": 4000,
        "picklist": 255,
        "multipicklist": 4099,
        "reference": 18,
    }
    given = {"length": lengths.get(type, 0), "label": name, **options}
    if type in {"double", "currency", "percent"}:
        given = {"precision": 18, **given}
    return FieldSchema(name=name, type=type, **given)


def picklist(*values: str, **labels: str) -> tuple[PicklistValue, ...]:
    """Values that are their own labels, and value=label."""
    return tuple(
        PicklistValue(value=value, label=label)
        for value, label in [*((one, one) for one in values), *labels.items()]
    )


def make_object(
    name: str = "Case", *fields: FieldSchema, prefix: str = "500", **options: Any
) -> ObjectSchema:
    return ObjectSchema(
        name=name,
        label=name,
        key_prefix=prefix,
        fields={field.name: field for field in fields},
        **options,
    )


def case(*fields: FieldSchema, **options: Any) -> ObjectSchema:
    return make_object(
        "Case",
        make_field("Subject", length=255),
        make_field("Description", "textarea", length=32000),
        make_field("CSAT__c", "double", precision=2),
        make_field("SuppliedEmail", "email"),
        make_field("ContactId", "reference", reference_to=("Contact",)),
        make_field("Ext__c", length=40, external_id=True, id_lookup=True, unique=True),
        *fields,
        **options,
    )


def contact(*fields: FieldSchema, **options: Any) -> ObjectSchema:
    return make_object(
        "Contact",
        make_field("LastName", nillable=False),
        make_field("FirstName", length=40),
        make_field("Email", "email", id_lookup=True),
        *fields,
        prefix="003",
        **options,
    )


def rule(field: str, value: Any, **options: Any) -> dict[str, Any]:
    source = value if isinstance(value, dict) else {"question": value}
    return {"field": field, "value": source, **options}


def step(*fields: dict[str, Any], **options: Any) -> dict[str, Any]:
    document = {"key": "case", "action": "update", "object": "Case", **options}
    if document["action"] in {"update", "find"}:
        document.setdefault("find", [{"record": "Case"}])
    return {**document, "fields": list(fields)}


def document(*steps: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {
        "key": "csat-to-case",
        "survey": "support-csat",
        "connection": "production",
        "steps": list(steps),
        **options,
    }


def mapping(*steps: dict[str, Any], **options: Any) -> rules.MappingSpec:
    return rules.parse(document(*steps, **options))


def survey(*questions: dict[str, Any], **options: Any) -> definition.Definition:
    """The support survey on one page, or these questions."""
    asked = questions or (
        csat(),
        nps(),
        topics(),
        why(),
        {"key": "name", "kind": "short_text", "text": {"en": "Your name?"}},
        {"key": "hello", "kind": "statement", "text": {"en": "Hello"}},
    )
    pages = [{"key": "p1", "questions": list(asked)}]
    given = {"pages": pages, "variables": VARIABLES, **options}
    return definition.parse(survey_document(**given))


VARIABLES = [
    {"key": "agent", "label": "Agent", "open": False},
    {"key": "campaign", "label": "Campaign", "open": True},
]


def facts(answers: dict[str, Any] | None = None, **options: Any) -> Facts:
    given: dict[str, Any] = {
        "definition": survey(),
        "answers": {"csat": 4, "nps": 9} if answers is None else answers,
        "records": {"Case": CASE},
        "variables": {},
        **options,
    }
    response = {
        "key": KEY,
        "link": "https://tellback.example/1",
        "status": "completed",
        "language": "en",
        "survey_key": "support-csat",
        "survey_title": "How did we do?",
        "version": 1,
        "collector": "case-closed",
        "started_at": "2026-03-02T10:00:00.000Z",
        "completed_at": "2026-03-02T10:01:30.000Z",
        "duration_seconds": 90,
        "score": 9,
        "quality": None,
        "now": "2026-03-02T10:01:30.000Z",
        **given.pop("response", {}),
    }
    return Facts(response=response, **given)


def schemas(*objects: ObjectSchema) -> dict[str, ObjectSchema]:
    return {one.name: one for one in objects or (case(), contact())}


def found(known: Facts, spec: rules.MappingSpec, objects: Any, *matches: Any) -> Found:
    """Answers to the lookups in turn: a tuple of matches, or an id, for each."""
    asked = lookups(known, spec, objects)
    given = [
        (Match(id=one),) if isinstance(one, str) else tuple(one) for one in matches
    ]
    return Found(matches=dict(zip(asked, given, strict=False)))


def planned(
    spec: rules.MappingSpec, known: Facts | None = None, *matches: Any, **options: Any
) -> Any:
    """The plan, with answers to its lookups; by itself each finds its own id."""
    known = known or facts()
    objects = options.get("schemas") or schemas()
    if not matches:
        matches = tuple(
            str(one.value) if one.field == "Id" else ()
            for one in lookups(known, spec, objects)
        )
    return plan(known, spec, objects, found(known, spec, objects, *matches))
