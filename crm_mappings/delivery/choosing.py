"""Owns which record a person has chosen where the org could not tell: for one
response, or for a value whenever it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crm_mappings.delivery.jobs import Job
from crm_mappings.models import RememberedMatch
from crm_mappings.plan.lookups import ID, asked_fields
from crm_mappings.plan.planner import Found, Lookup
from crm_mappings.plan.rules import MappingSpec
from crm_mappings.plan.schema import ObjectSchema

LONGEST_VALUE = 255

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The questions for the records that persons have chosen for one response."""

    # Step -> its record, whatever the mapping would find.
    steps: Mapping[str, Lookup]
    # What the mapping asks -> the record that is remembered for it.
    remembered: Mapping[Lookup, Lookup]

    @property
    def questions(self) -> tuple[Lookup, ...]:
        return (*self.steps.values(), *self.remembered.values())

    def added_to(self, found: Found, made: frozenset[str] = frozenset()) -> Found:
        """Return what was found, with the chosen records that are still there, and
        the steps whose record was `made` before."""
        if not self.questions:
            return replace(found, made=made) if made else found
        there = {
            question: found.matches[question][0]
            for question in self.questions
            if found.matches.get(question)
        }
        return replace(
            found,
            chosen={s: there[q] for s, q in self.steps.items() if q in there},
            remembered={
                lookup: there[question]
                for lookup, question in self.remembered.items()
                if question in there
            },
            made=made,
        )


def chosen(
    wanted: Mapping[Job, Sequence[Lookup]],
    spec: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
) -> dict[Job, Chosen]:
    """Return what must be asked for the records that persons have chosen, by job."""
    kept = _remembered(wanted)
    steps = {step.key: step for step in spec.steps if step.object in schemas}
    return {
        job: Chosen(
            steps={
                step: Lookup(
                    step=step,
                    object=steps[step].object,
                    field=ID,
                    value=record_id,
                    fields=asked_fields(steps[step], spec, schemas[steps[step].object]),
                )
                for step, record_id in job.row.choices.items()
                if step in steps
            },
            remembered={
                lookup: replace(lookup, field=ID, value=kept[key])
                for lookup in lookups
                if (key := key_of(lookup)) in kept
            },
        )
        for job, lookups in wanted.items()
    }


def _remembered(wanted: Mapping[Job, Sequence[Lookup]]) -> dict[Key | None, str]:
    job = next(iter(wanted), None)
    keys = {
        key for lookups in wanted.values() for one in lookups if (key := key_of(one))
    }
    if job is None or not keys:
        return {}
    rows = RememberedMatch.objects.filter(
        connection=job.row.mapping.connection_id, value__in={key[2] for key in keys}
    )
    kept = rows.values_list("object", "field", "value", "record_id")
    return {(object_, field, value): id_ for object_, field, value, id_ in kept}


def key_of(lookup: Lookup) -> Key | None:
    """Return what an answer is remembered by; an id needs no choice."""
    if lookup.field == ID or not isinstance(lookup.value, str):
        return None
    if len(lookup.value) > LONGEST_VALUE:
        return None
    return lookup.object, lookup.field, lookup.value.casefold()
