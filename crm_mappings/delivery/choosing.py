"""Owns which record a person has chosen where the org could not tell: for one
response, or for a value whenever it comes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from crm_mappings.delivery.jobs import Job
from crm_mappings.models import RememberedMatch
from crm_mappings.plan.finding import ID
from crm_mappings.plan.planner import Found, Lookup
from crm_mappings.plan.rules import MappingSpec
from crm_mappings.plan.schema import ObjectSchema

LONGEST_VALUE = 255

Key = tuple[str, str, str]


def chosen(
    wanted: Mapping[Job, Sequence[Lookup]],
    spec: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
) -> dict[Job, tuple[Lookup, ...]]:
    """Return the questions for the records that persons have chosen, by job."""
    remembered = _remembered(wanted)
    steps = {step.key: step for step in spec.steps}
    asked: dict[Job, tuple[Lookup, ...]] = {}
    for job, lookups in wanted.items():
        ids = {
            lookup.step: remembered[key]
            for lookup in lookups
            if (key := _key(lookup)) in remembered
        } | job.row.choices
        asked[job] = tuple(
            Lookup(
                step=step,
                object=steps[step].object,
                field=ID,
                value=record_id,
                fields=tuple(
                    rule.field
                    for rule in steps[step].fields
                    if rule.field in schemas[steps[step].object].fields
                ),
            )
            for step, record_id in ids.items()
            if step in steps and steps[step].object in schemas
        )
    return asked


def as_chosen(found: Found, lookups: Iterable[Lookup]) -> Found:
    """Return what was found, with the chosen records that are still there."""
    matches = {
        lookup.step: found.matches[lookup][0]
        for lookup in lookups
        if found.matches.get(lookup)
    }
    return replace(found, chosen=matches) if matches else found


def _remembered(wanted: Mapping[Job, Sequence[Lookup]]) -> dict[Key, str]:
    job = next(iter(wanted), None)
    if job is None:
        return {}
    keys = {key for lookups in wanted.values() for one in lookups if (key := _key(one))}
    rows = RememberedMatch.objects.filter(
        connection=job.row.mapping.connection_id, value__in={key[2] for key in keys}
    )
    kept = rows.values_list("object", "field", "value", "record_id")
    return {(object_, field, value): id_ for object_, field, value, id_ in kept}


def _key(lookup: Lookup) -> Key | None:
    """Return what an answer is remembered by; an id needs no choice."""
    if lookup.field == ID or not isinstance(lookup.value, str):
        return None
    if len(lookup.value) > LONGEST_VALUE:
        return None
    return lookup.object, lookup.field, lookup.value.casefold()
