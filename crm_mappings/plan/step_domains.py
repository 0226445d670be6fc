"""Owns what the record of an earlier step can give: by the description of its field,
as far as that tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crm_mappings.plan.ranges import AnyText, Domain, Finite, RecordId, sets
from crm_mappings.plan.results import OUTCOMES
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import FromStep, named_steps
from crm_mappings.plan.specs import Action, MappingSpec, NoMatch, StepSpec

NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
# The first and the last that Salesforce keeps.
MOMENTS: Mapping[str, tuple[str, str]] = {
    "date": ("1700-01-01", "4000-12-31"),
    "datetime": ("1700-01-01T00:00:00.000Z", "4000-12-31T23:59:59.999Z"),
    "time": ("00:00:00.000Z", "23:59:59.999Z"),
}


def of_step(
    source: FromStep, mapping: MappingSpec, schemas: Mapping[str, ObjectSchema]
) -> Domain:
    """Return what can be read of the step, or else of the other one."""
    steps = [step for step in mapping.steps if step.key in named_steps(source)]
    skipped = all(map(_may_be_skipped, steps))
    if source.facet is None:
        return RecordId(objects=tuple(step.object for step in steps), blank=skipped)
    if source.facet == "outcome":
        return Finite(values=OUTCOMES, blank=skipped)
    read = [_of_field(step, source.facet, schemas) for step in steps]
    joined = _joined([one for one in read if one is not None])
    return replace(joined, blank=joined.blank or skipped)


def _may_be_skipped(step: StepSpec) -> bool:
    if step.condition is not None or step.no_match is NoMatch.SKIP:
        return True
    # A record is not created when all of its values are blank.
    return step.action is not Action.FIND and step.may_create


def _of_field(
    step: StepSpec, name: str, schemas: Mapping[str, ObjectSchema]
) -> Domain | None:
    schema = schemas.get(step.object)
    field = schema.fields.get(name) if schema else None
    if schema is None or field is None:
        return None
    # Of a record that is made only what is written to it is known.
    blank = field.nillable or step.may_create
    return replace(_held(field, schema), blank=blank)


def _held(field: FieldSchema, schema: ObjectSchema) -> Domain:
    """Return what a field can hold."""
    if field.type in {"reference", "id"}:
        return RecordId(objects=field.reference_to or (schema.name,))
    if field.type in NUMBERS:
        return _numbers(field)
    if field.type in MOMENTS:
        return Finite(values=MOMENTS[field.type], complete=False)
    if field.type == "boolean":
        return Finite(values=(True, False))
    if field.restricted_picklist and field.type in {"picklist", "multipicklist"}:
        return _listed(field)
    return AnyText(longest=field.length or None, email=field.type == "email")


def _numbers(field: FieldSchema) -> Finite:
    scale = max(field.scale, 0)
    whole = field.digits or field.precision - field.scale
    high = 10**whole - 1
    fine = (round(1 / 3, scale),) if scale else ()
    return Finite(values=(*fine, -high, 0, high), complete=False)


def _listed(field: FieldSchema) -> Finite:
    """A value that is not offered any more may still stand in a record."""
    values = [one.value for one in field.picklist]
    if field.type == "picklist":
        return Finite(values=tuple(values))
    return Finite(values=tuple(map(list, sets([*values]))))


def _joined(domains: Sequence[Domain]) -> Domain:
    """Return what either of two records can give."""
    first, *rest = domains or [AnyText(longest=None, blank=True)]
    blank = any(one.blank for one in domains)
    if all(isinstance(one, RecordId) for one in domains) and domains:
        named = [one.objects for one in domains if isinstance(one, RecordId)]
        objects = tuple(dict.fromkeys(name for names in named for name in names))
        return RecordId(objects=objects, blank=blank)
    if all(isinstance(one, Finite) for one in domains) and domains:
        lists = [one for one in domains if isinstance(one, Finite)]
        return Finite(
            values=tuple(value for one in lists for value in one.values),
            blank=blank,
            complete=all(one.complete for one in lists),
        )
    if not rest:
        return first
    texts = [one.longest if isinstance(one, AnyText) else None for one in domains]
    known = [length for length in texts if length is not None]
    longest = max(known) if len(known) == len(texts) else None
    email = all(isinstance(one, AnyText) and one.email for one in domains)
    return AnyText(longest=longest, blank=blank, email=email)
