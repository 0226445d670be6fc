"""Owns which record a step is about: what must be asked of the org, and what its
answers mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from crm_mappings.plan.convert import ValueProblem, convert, shown
from crm_mappings.plan.ids import KEY_PREFIXES, id18
from crm_mappings.plan.schema import FieldSchema, ObjectSchema
from crm_mappings.plan.sources import ValueSource
from crm_mappings.plan.specs import (
    ByRecord,
    ByValue,
    FieldSpec,
    MappingSpec,
    NoMatch,
    Several,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A record that answers a lookup."""

    id: str
    # Salesforce's CreatedDate, as it came: it says which is newest.
    created_at: str = ""
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The org's answers; a lookup that is missing found nothing."""

    matches: Mapping[Lookup, tuple[Match, ...]] = field(default_factory=dict)
    # Step -> the record that a person has chosen for this response.
    chosen: Mapping[str, Match] = field(default_factory=dict)
    # The record that a person has chosen for whatever a lookup looks for.
    remembered: Mapping[Lookup, Match] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The records that a step is about, and how they were chosen."""

    matches: tuple[Match, ...] = ()
    note: str = ""


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
        for wanted in chain(step, facts, schemas, trusted=mapping.trusts_links)
        if isinstance(wanted, Lookup)
    )


def _may_hold(condition: Condition | None, ask: Reader) -> bool:
    """What depends on the record of an earlier step is asked for in any case."""
    if condition is not None and any(
        one.source == "step" for one in comparisons(condition)
    ):
        return True
    return holds(condition, ask)


def resolved(
    step: StepSpec,
    facts: Facts,
    schemas: Mapping[str, ObjectSchema],
    found: Found,
    *,
    trusted: bool = False,
) -> Target | ValueProblem:
    """Return the records that the first matching finder of a step found."""
    tried = []
    for wanted in chain(step, facts, schemas, trusted=trusted):
        if isinstance(wanted, ValueProblem):
            return wanted
        if isinstance(wanted, str):
            tried.append(wanted)
            continue
        if wanted in found.remembered:
            return _recalled(wanted, found.remembered[wanted])
        matches = {id18(match.id): match for match in found.matches.get(wanted, ())}
        if matches:
            return _chosen(step, wanted, list(matches.values()))
        tried.append(
            _("none has %(field)s = %(value)s")
            % {"field": wanted.field, "value": shown(wanted.value)}
        )
    return _missing(step, tried)


def _recalled(wanted: Lookup, match: Match) -> Target:
    note = _("A person has chosen it for %(field)s = %(value)s.")
    values = {"field": wanted.field, "value": shown(wanted.value)}
    return Target(matches=(match,), note=note % values)


def chain(
    step: StepSpec,
    facts: Facts,
    schemas: Mapping[str, ObjectSchema],
    *,
    trusted: bool = False,
) -> Iterator[Lookup | ValueProblem | str]:
    """Go through the finders of a step: a lookup, why that is refused, or, as a
    text, why this one can match nothing. Only what is `trusted` may be found by a
    value from a link."""
    schema = schemas[step.object]
    for finder in step.find:
        if isinstance(finder, ByRecord):
            yield _by_record(finder, step, facts, schemas)
        elif (variable := _from_a_link(finder.value, facts, trusted)) is not None:
            yield refused(variable)
        else:
            yield _by_value(finder, step, facts, schema)
    if step.key_rule is None:
        return
    if (variable := _from_a_link(step.key_rule.value, facts, trusted)) is not None:
        yield refused(variable)
    else:
        yield _by_key(step.key_rule, step, facts, schema)


def _from_a_link(source: ValueSource, facts: Facts, trusted: bool) -> str | None:
    return None if trusted else open_variable(source, facts.definition)


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
    return _lookup(step, ID, record, schemas[step.object])


def _by_value(
    finder: ByValue, step: StepSpec, facts: Facts, schema: ObjectSchema
) -> Lookup | ValueProblem | str:
    field = ID_FIELD if finder.field == ID else schema.fields.get(finder.field)
    if field is None:
        return unknown_field(finder.field, schema)
    value = read(finder.value, facts, {})
    wire = None if is_blank(value) else convert(value, field)
    if isinstance(wire, ValueProblem):
        return wire.message
    return _asked(wire, finder.field, step, schema)


def _by_key(
    rule: FieldSpec, step: StepSpec, facts: Facts, schema: ObjectSchema
) -> Lookup | ValueProblem | str:
    if rule.field not in schema.fields:
        return unknown_field(rule.field, schema)
    wire = key_value(rule, facts, schema)
    if isinstance(wire, ValueProblem):
        return wire
    return _asked(wire, rule.field, step, schema)


def key_value(
    rule: FieldSpec, facts: Facts, schema: ObjectSchema
) -> object | ValueProblem:
    """Return the key of an upsert whose key field has a rule; None when blank."""
    if not holds(rule.condition, reader(facts)):
        return None
    wire = settled(rule, schema.fields[rule.field], facts, {})
    return None if wire is KEEP else wire


def _asked(
    wire: object, name: str, step: StepSpec, schema: ObjectSchema
) -> Lookup | str:
    if not isinstance(wire, str | int | float):
        return _("there is no value to look for in %(name)s") % {"name": name}
    return _lookup(step, name, wire, schema)


def _lookup(
    step: StepSpec, name: str, value: str | float, schema: ObjectSchema
) -> Lookup:
    known = (rule.field for rule in step.fields if rule.field in schema.fields)
    return Lookup(
        step=step.key, object=step.object, field=name, value=value, fields=tuple(known)
    )


def _chosen(
    step: StepSpec, lookup: Lookup, matches: list[Match]
) -> Target | ValueProblem:
    how = _("Found by %(field)s = %(value)s") % {
        "field": lookup.field,
        "value": shown(lookup.value),
    }
    if len(matches) == 1:
        return Target(matches=tuple(matches), note=f"{how}.")
    if step.several is Several.FAIL:
        return ValueProblem(
            code="several_matches",
            message=_(
                "%(count)s records of %(object)s have %(field)s = %(value)s. A "
                "person must say which one is meant."
            )
            % {
                "count": len(matches),
                "object": step.object,
                "field": lookup.field,
                "value": shown(lookup.value),
            },
        )
    matches.sort(key=lambda match: (match.created_at, match.id))
    if step.several is Several.ALL:
        return Target(
            matches=tuple(matches),
            note=_("%(how)s: all %(count)s.") % {"how": how, "count": len(matches)},
        )
    if step.several is Several.NEWEST:
        match, note = matches[-1], _("%(how)s: the newest of %(count)s.")
    else:
        match, note = matches[0], _("%(how)s: the oldest of %(count)s.")
    return Target(matches=(match,), note=note % {"how": how, "count": len(matches)})


def _missing(step: StepSpec, tried: list[str]) -> Target | ValueProblem:
    note = (
        _("No %(object)s was found: %(tried)s.")
        % {"object": step.object, "tried": "; ".join(tried)}
        if tried
        else ""
    )
    if step.no_match is NoMatch.FAIL:
        return ValueProblem(code="no_match", message=note)
    return Target(note=note)


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
