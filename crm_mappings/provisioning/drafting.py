"""Owns the mapping of a proposal as a draft: made once, and later only added to, so
that what people changed in it stays."""

from __future__ import annotations

from typing import Any

from crm_mappings import documents
from crm_mappings.models import Connection, Mapping
from crm_mappings.plan import managed
from crm_mappings.plan.managed import Proposal
from crm_mappings.provisioning.proposing import managed_mapping
from crm_mappings.rebinding import free_key
from surveys.models import Survey


def draft(*, survey: Survey, connection: Connection, proposal: Proposal) -> Mapping:
    """Make the mapping, or give the one that there is what it lacks."""
    kept = managed_mapping(survey, connection)
    proposed = managed.document(
        proposal,
        key=kept.key if kept else _key(survey, connection),
        name=kept.name if kept else _name(survey),
        connection=connection.key,
    )
    if kept is None:
        return documents.save_document(document=proposed)
    before = documents.mapping_document(kept)
    after = joined(before, proposed)
    return kept if after == before else documents.save_document(document=after)


def joined(before: dict[str, Any], proposed: dict[str, Any]) -> dict[str, Any]:
    """Return a document with the steps and rules of another that it lacks."""
    there = {step["key"]: step for step in before["steps"]}
    steps = [
        _joined_step(step, proposed["steps"]) if step["key"] in there else step
        for step in before["steps"]
    ]
    new = [step for step in proposed["steps"] if step["key"] not in there]
    return {**before, "steps": [*steps, *new]}


def _joined_step(
    step: dict[str, Any], proposed: list[dict[str, Any]]
) -> dict[str, Any]:
    same = (
        one
        for one in proposed
        if one["key"] == step["key"] and one["object"] == step["object"]
    )
    other = next(same, None)
    if other is None:
        return step
    fields = {rule["field"] for rule in step["fields"]}
    new = [rule for rule in other["fields"] if rule["field"] not in fields]
    return {**step, "fields": [*step["fields"], *new]}


def _name(survey: Survey) -> str:
    return f"{survey} → Tellback Response"[:200]


def _key(survey: Survey, connection: Connection) -> str:
    key = f"{survey.key}-managed"[:50].strip("-")
    if not Mapping.objects.filter(key=key).exists():
        return key
    return free_key(key, connection.key)
