"""Owns what is known of a response, and how a rule reads it and brings it to a
field: read, value table, transforms, blank policy, conversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from crm_mappings.plan.convert import ValueProblem, as_text, convert
from crm_mappings.plan.ids import KEY_PREFIXES
from crm_mappings.plan.response_facts import RESPONSE_FACTS
from crm_mappings.plan.results import Results, StepRef
from crm_mappings.plan.schema import FieldSchema
from crm_mappings.plan.sources import (
    FromConstant,
    FromQuestion,
    FromRecord,
    FromResponse,
    FromStep,
    FromTemplate,
    FromVariable,
    FromWording,
    ValueSource,
    named_steps,
    parts,
)
from crm_mappings.plan.specs import Blank, FieldSpec, StepSpec
from crm_mappings.plan.transforms import apply
from surveys import logic
from surveys.conditions import Reader, is_blank
from surveys.definition import Definition, say
from surveys.piping import filler
from surveys.rich import bare
from surveys.wording import gettext as _

__all__ = [
    "KEEP",
    "Facts",
    "Keep",
    "StepRef",
    "ValueProblem",
    "as_text",
    "carried",
    "convert",
    "is_blank",
    "open_variable",
    "read",
    "reader",
    "rendered",
    "settled",
]


class Keep(Enum):
    """The answer that a field is to be left alone."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP
# What is asked may name what was answered before: as much of it is read.
LONGEST_WORDING: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a plan may depend on, besides the mapping and the org."""

    # The names of RESPONSE_FACTS, and "now": the moment that rules count days from.
    response: Mapping[str, object]
    definition: Definition
    answers: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    # Object -> id of the record that the response is about.
    records: Mapping[str, str] = field(default_factory=dict)


def reader(facts: Facts, results: Results | None = None) -> Reader:
    """Read names for the conditions of a mapping; a step is read as its record."""
    known = logic.reader(
        facts.definition, facts.answers, facts.variables, None, facts.response
    )
    records = {} if results is None else results

    def ask(source: str, name: str, facet: str | None) -> object:
        if source == "step":
            result = records.get(name)
            return None if result is None else result.read(facet)
        return known(source, name, facet)

    return ask


def read(source: ValueSource, facts: Facts, results: Results) -> object:
    """Return the value of a source, None where there is none."""
    value: object = None
    match source:
        case FromConstant(value=value):
            pass
        case FromRecord(record=record):
            value = facts.records.get(record)
        case FromStep(step=step, otherwise=other, facet=facet):
            result = results.get(step) or results.get(other or "")
            value = None if result is None else result.read(facet)
        case FromQuestion(question=question, facet=facet):
            value = reader(facts)("question", question, facet)
        case FromWording(question=question):
            value = worded(question, facts)
        case FromVariable(variable=variable):
            value = facts.variables.get(variable)
        case FromResponse(name=name) if name in RESPONSE_FACTS:
            value = facts.response.get(name)
        case FromTemplate():
            values = [read(part, facts, results) for part in parts(source)]
            # What Salesforce has not told yet cannot stand in a text.
            known = [None if isinstance(one, StepRef) else one for one in values]
            value = rendered(source, known)
    return value


def worded(key: str, facts: Facts) -> str | None:
    """Return what a question asked this respondent, as plain text."""
    definition, question = facts.definition, facts.definition.question(key)
    if question is None:
        return None
    language = str(facts.response.get("language") or definition.default_language)
    fill = filler(definition, facts.answers, facts.variables, facts.records, language)
    text = bare(say(question.text, language, definition.default_language))
    return fill(text)[:LONGEST_WORDING] or None


def open_variable(
    source: ValueSource, definition: Definition, earlier: Sequence[StepSpec] = ()
) -> str | None:
    """Name the variable of a source that whoever follows a link may set: by itself,
    or because an earlier step writes it to the field that is read."""
    for part in parts(source):
        if isinstance(part, FromStep):
            for place, written in _written(part, earlier):
                found = open_variable(written, definition, earlier[:place])
                if found is not None:
                    return found
        if isinstance(part, FromVariable):
            variable = definition.variable(part.variable)
            if variable is not None and variable.open:
                return variable.key
    return None


def _written(
    part: FromStep, steps: Sequence[StepSpec]
) -> Iterator[tuple[int, ValueSource]]:
    """Yield what the steps that are read write to the field, each with its place."""
    for place, step in enumerate(steps):
        if step.key in named_steps(part):
            yield from (
                (place, rule.value) for rule in step.fields if rule.field == part.facet
            )


def settled(
    rule: FieldSpec,
    field: FieldSchema,
    facts: Facts,
    results: Results,
    prefixes: Mapping[str, str] = KEY_PREFIXES,
) -> object | StepRef | Keep | ValueProblem:
    """Return what a rule writes to a field: a wire value, None to clear, or KEEP."""
    value = read(rule.value, facts, results)
    return (
        value if isinstance(value, StepRef) else carried(value, rule, field, prefixes)
    )


def carried(
    value: object,
    rule: FieldSpec,
    field: FieldSchema,
    prefixes: Mapping[str, str] = KEY_PREFIXES,
) -> object | Keep | ValueProblem:
    """Bring a value that was read through the rule to its field."""
    value = apply(rule.transforms, _looked_up(value, rule.table), field)
    if isinstance(value, ValueProblem):
        return value
    wire = None if is_blank(value) else convert(value, field, prefixes)
    return wire if wire is not None else _for_blank(rule, field, prefixes)


def _for_blank(
    rule: FieldSpec, field: FieldSchema, prefixes: Mapping[str, str]
) -> object | Keep | ValueProblem:
    if rule.blank is Blank.KEEP:
        return KEEP
    if rule.blank is Blank.DEFAULT:
        default = convert(rule.default, field, prefixes)
        return KEEP if default is None else default
    if field.nillable and field.type != "boolean":
        return None
    return ValueProblem(
        code="cannot_clear",
        message=_(
            "%(field)s cannot be empty, so a blank answer cannot clear it. "
            "Leave it alone, or write a default."
        )
        % {"field": field.title()},
    )


def _looked_up(value: object, table: Mapping[str, str]) -> object:
    if not table or is_blank(value):
        return value
    if isinstance(value, list | tuple):
        return [table.get(as_text(part), part) for part in value]
    return table.get(as_text(value), value)


def rendered(template: FromTemplate, values: Sequence[object]) -> str | None:
    """Return the text with a value for each name in it; None when it is blank.

    That is, when all that people said in it is blank. What is put in is never read
    as a template again.
    """
    left = list(values)
    texts = [
        part if isinstance(part, str) else as_text(left.pop(0))
        for part in template.parts
    ]
    said = [
        bool(text.strip())
        for part, text in zip(template.parts, texts, strict=True)
        if isinstance(part, FromQuestion | FromVariable | FromStep)
    ]
    return "".join(texts) if any(said) or not said else None
