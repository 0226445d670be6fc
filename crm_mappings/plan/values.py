"""Owns what is known of a response, and how a rule reads it and brings it to a
field: read, value table, transforms, blank policy, conversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from crm_mappings.plan.convert import ValueProblem, as_text, convert
from crm_mappings.plan.ids import KEY_PREFIXES
from crm_mappings.plan.response_facts import RESPONSE_FACTS
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
)
from crm_mappings.plan.specs import Blank, FieldSpec
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
class StepRef:
    """Stands for the id of a record that an earlier step will have created."""

    step: str


# The record of each earlier step: its id, or a reference to it.
Results: TypeAlias = Mapping[str, str | StepRef | None]


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
            return records.get(name)
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
        case FromStep(step=step, otherwise=other):
            value = results.get(step) or results.get(other or "")
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
            value = rendered(source, values)
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


def open_variable(source: ValueSource, definition: Definition) -> str | None:
    """Name the variable of a source that whoever follows a link may set."""
    for part in parts(source):
        if isinstance(part, FromVariable):
            variable = definition.variable(part.variable)
            if variable is not None and variable.open:
                return variable.key
    return None


def parts(source: ValueSource) -> Iterator[ValueSource]:
    """Return the sources that a value is made of."""
    if isinstance(source, FromTemplate):
        yield from (part for part in source.parts if not isinstance(part, str))
    else:
        yield source


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
        if isinstance(part, FromQuestion | FromVariable)
    ]
    return "".join(texts) if any(said) or not said else None
