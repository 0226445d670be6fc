"""Owns what must be asked of the org before a response can be planned: the ways to
find each step's record, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from crm_mappings.plan.convert import ValueProblem, convert, shown
from crm_mappings.plan.ids import KEY_PREFIXES, id18
from crm_mappings.plan.results import Results, StepRef, readable
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import ValueSource, named_steps, steps_in
from crm_mappings.plan.specs import (
    ByRecord,
    ByValue,
    FieldSpec,
    MappingSpec,
    StepSpec,
)
from crm_mappings.plan.values import (
    KEEP,
    Facts,
    is_blank,
    open_variable,
    read,
    reader,
    settled,
)
from surveys.conditions import Condition, Reader, comparisons, holds
from surveys.wording import gettext as _

# The class Lookup has an attribute of that name.
Anything: TypeAlias = object

ID: Final = "Id"
ID_FIELD: Final = FieldSchema(name=ID, label="Record ID", type="id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One question to the org: the records of `object` whose `field` is `value`."""

    step: str
    object: str
    field: str
    value: str | int | float | bool
    # The fields whose current values are wanted with each record.
    fields: tuple[str, ...] = ()

    def fits(self, value: Anything) -> bool:
        """Say whether a record with this value in the field answers the lookup."""
        if isinstance(value, str) and isinstance(self.value, str):
            return value.casefold() == self.value.casefold()
        return value == self.value


def lookups(
    facts: Facts, mapping: MappingSpec, schemas: Mapping[str, ObjectSchema]
) -> tuple[Lookup, ...]:
    """Return what must be asked before the response can be planned."""
    ask = reader(facts)
    if not holds(mapping.condition, ask):
        return ()
    return tuple(
        wanted
        for step in mapping.steps
        if step.object in schemas and _may_hold(step.condition, ask)
        for wanted in chain(step, facts, schemas, mapping)
        if isinstance(wanted, Lookup)
    )


def is_chained(step: StepSpec) -> bool:
    """Say whether the record is found by what earlier steps found: what must be asked
    for it is known only then."""
    by_value = (one for one in step.find if isinstance(one, ByValue))
    return any(steps_in(one.value) for one in by_value)


def _may_hold(condition: Condition | None, ask: Reader) -> bool:
    """What depends on the record of an earlier step is asked for in any case."""
    if condition is not None and any(
        one.source == "step" for one in comparisons(condition)
    ):
        return True
    return holds(condition, ask)


def chain(
    step: StepSpec,
    facts: Facts,
    schemas: Mapping[str, ObjectSchema],
    mapping: MappingSpec,
    results: Results | None = None,
) -> Iterator[Lookup | ValueProblem | str]:
    """Go through the finders of a step: a lookup, why that is refused, or, as a
    text, why this one can match nothing. Only a mapping that trusts links may find
    one by a value from a link."""
    schema = schemas[step.object]
    wanted = asked_fields(step, mapping, schema)
    for finder in step.find:
        if isinstance(finder, ByRecord):
            yield _by_record(finder, step, facts, schemas, wanted)
        elif (variable := _from_a_link(finder.value, facts, mapping)) is not None:
            yield refused(variable)
        else:
            yield _by_value(finder, step, facts, schema, wanted, results or {})
    if step.key_rule is None:
        return
    if (variable := _from_a_link(step.key_rule.value, facts, mapping)) is not None:
        yield refused(variable)
    else:
        yield _by_key(step.key_rule, step, facts, schema, wanted)


def _from_a_link(source: ValueSource, facts: Facts, mapping: MappingSpec) -> str | None:
    if mapping.trusts_links:
        return None
    return open_variable(source, facts.definition, mapping.steps)


def asked_fields(
    step: StepSpec, mapping: MappingSpec, schema: ObjectSchema
) -> tuple[str, ...]:
    """Return the fields whose values must be known of a record that is found: those
    that are written, and those that later steps read."""
    written = [rule.field for rule in step.fields]
    wanted = dict.fromkeys([*written, *read_fields(step.key, mapping)])
    return tuple(
        name
        for name in wanted
        if name in schema.fields and (name in written or readable(schema.fields[name]))
    )


def read_fields(step: str, mapping: MappingSpec) -> Iterator[str]:
    """Yield what the mapping reads of a step's record."""
    for one in mapping.steps:
        finders = [finder.value for finder in one.find if isinstance(finder, ByValue)]
        for source in (*finders, *(rule.value for rule in one.fields)):
            for part in steps_in(source):
                if part.facet is not None and step in named_steps(part):
                    yield part.facet
        for asked in (one.condition, *(rule.condition for rule in one.fields)):
            for compared in comparisons(asked) if asked else ():
                if compared.source == "step" and compared.name == step:
                    yield compared.facet or ""


def object_prefixes(schemas: Mapping[str, ObjectSchema]) -> Mapping[str, str]:
    """Return which object the first three characters of an id speak of."""
    described = {
        schema.key_prefix: schema.name
        for schema in schemas.values()
        if schema.key_prefix
    }
    return {**KEY_PREFIXES, **described}


def _by_record(
    finder: ByRecord,
    step: StepSpec,
    facts: Facts,
    schemas: Mapping[str, ObjectSchema],
    wanted: tuple[str, ...],
) -> Lookup | ValueProblem | str:
    reference = facts.records.get(finder.record)
    if is_blank(reference):
        return _("the response is about no %(record)s") % {"record": finder.record}
    try:
        record = id18(reference)
    except ValueError:
        return ValueProblem(
            code="not_an_id",
            message=_(
                "The record reference %(record)s of the response is %(reference)s, "
                "which is not the id of a record."
            )
            % {"record": finder.record, "reference": shown(reference)},
        )
    prefix = schemas[step.object].key_prefix
    if prefix and not record.startswith(prefix):
        other = object_prefixes(schemas).get(record[:3], _("another object"))
        return ValueProblem(
            code="wrong_record",
            message=_(
                "The record reference %(record)s of the response is %(id)s: "
                "that is the id of %(other)s, but this step writes to %(object)s."
            )
            % {
                "record": finder.record,
                "id": record,
                "other": other,
                "object": step.object,
            },
        )
    return _lookup(step, ID, record, wanted)


def _by_value(
    finder: ByValue,
    step: StepSpec,
    facts: Facts,
    schema: ObjectSchema,
    wanted: tuple[str, ...],
    results: Results,
) -> Lookup | ValueProblem | str:
    field = ID_FIELD if finder.field == ID else schema.fields.get(finder.field)
    if field is None:
        return unknown_field(finder.field, schema)
    value = read(finder.value, facts, results)
    # Nothing refers yet to a record that is only being made.
    is_there = not is_blank(value) and not isinstance(value, StepRef)
    wire = convert(value, field) if is_there else None
    if isinstance(wire, ValueProblem):
        return wire.message
    return _asked(wire, finder.field, step, wanted)


def _by_key(
    rule: FieldSpec,
    step: StepSpec,
    facts: Facts,
    schema: ObjectSchema,
    wanted: tuple[str, ...],
) -> Lookup | ValueProblem | str:
    if rule.field not in schema.fields:
        return unknown_field(rule.field, schema)
    wire = key_value(rule, facts, schema)
    if isinstance(wire, ValueProblem):
        return wire
    return _asked(wire, rule.field, step, wanted)


def key_value(
    rule: FieldSpec, facts: Facts, schema: ObjectSchema
) -> object | ValueProblem:
    """Return the key of an upsert whose key field has a rule; None when blank."""
    if not holds(rule.condition, reader(facts)):
        return None
    wire = settled(rule, schema.fields[rule.field], facts, {})
    return None if wire is KEEP else wire


def _asked(
    wire: object, name: str, step: StepSpec, wanted: tuple[str, ...]
) -> Lookup | str:
    if not isinstance(wire, str | int | float):
        return _("there is no value to look for in %(name)s") % {"name": name}
    return _lookup(step, name, wire, wanted)


def _lookup(
    step: StepSpec, name: str, value: str | float, wanted: tuple[str, ...]
) -> Lookup:
    return Lookup(
        step=step.key, object=step.object, field=name, value=value, fields=wanted
    )


def refused(variable: str) -> ValueProblem:
    return ValueProblem(
        code="open_variable",
        message=_(
            "The variable %(variable)s is open: whoever follows a link can set "
            "it, so it must not choose the record that is written to."
        )
        % {"variable": variable},
    )


def unknown_field(name: str, schema: ObjectSchema) -> ValueProblem:
    return ValueProblem(
        code="unknown_field",
        message=_(
            "%(object)s has no field %(name)s, or the connected user may not see it."
        )
        % {"object": schema.label, "name": name},
    )
