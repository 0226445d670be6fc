"""Owns the mapping document of a proposal, and the names that one kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from crm_mappings.plan.managed.proposals import (
    NAME,
    RESPONSE,
    TITLE,
    FieldPlan,
    Kept,
    ObjectPlan,
    Proposal,
)
from crm_mappings.plan.rules import MappingSpec
from crm_mappings.plan.sources import ValueSource, source_document

STEP: Final = "response"


def document(
    proposal: Proposal, *, key: str, name: str, connection: str
) -> dict[str, Any]:
    """Return the whole mapping, ready to be saved."""
    response, *rolled = proposal.objects
    return {
        "key": key,
        "name": name,
        "survey": proposal.survey,
        "connection": connection,
        "when": "completed",
        "condition": None,
        "steps": [
            _response_step(response),
            *(_roll_up_step(one, proposal.nps) for one in rolled),
        ],
    }


def _response_step(plan: ObjectPlan) -> dict[str, Any]:
    named = {"field": NAME, "value": {"template": TITLE}, "transforms": ["truncate"]}
    key = next(field.name for field in plan.fields if field.wish.key)
    return {
        "key": STEP,
        "action": "create",
        "object": RESPONSE,
        "key_field": key,
        "fields": [*([named] if plan.title else []), *_rules(plan.fields)],
    }


def _roll_up_step(plan: ObjectPlan, nps: str) -> dict[str, Any]:
    """An invitation need not be about a person or a company that is known."""
    return {
        "key": f"last_nps_{plan.name.lower()}",
        "action": "update",
        "object": plan.name,
        "find": [{"record": plan.name}],
        "no_match": "skip",
        "condition": {"question": nps, "op": "answered"},
        "fields": _rules(plan.fields),
    }


def _rules(fields: Iterable[FieldPlan]) -> list[dict[str, Any]]:
    return [
        {
            "field": field.name,
            "value": source_document(field.source),
            "transforms": list(field.transforms),
        }
        for field in fields
        if not field.wish.key
    ]


def kept_names(spec: MappingSpec) -> Kept:
    """Return which fields each value has in a mapping that was proposed before."""
    kept: dict[tuple[str, ValueSource], tuple[str, ...]] = {}
    for step in spec.steps:
        for rule in step.fields:
            at = (step.object, rule.value)
            kept[at] = (*kept.get(at, ()), rule.field)
    return kept
