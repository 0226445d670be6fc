"""Owns what is known of a response, and how a rule reads it and brings it to a
field: read, value table, transforms, blank policy, conversion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from crm_mappings.plan.convert import ValueProblem, as_text, convert
from crm_mappings.plan.ids import KEY_PREFIXES
from crm_mappings.plan.schema import FieldSchema
from crm_mappings.plan.sources import (
    FromConstant,
    FromQuestion,
    FromRecord,
    FromResponse,
    FromStep,
    FromTemplate,
    FromVariable,
    ValueSource,
)
from crm_mappings.plan.specs import Blank, FieldSpec
from crm_mappings.plan.transforms import apply
from surveys import logic
from surveys.conditions import NameInfo, Reader, ValueType, is_blank
from surveys.definition import Definition
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

__all__ = [
    "KEEP",
    "RESPONSE_FACTS",
    "Facts",
    "Keep",
    "ResponseFact",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRef:
    """Stands for the id of a record that an earlier step will have created."""

    step: str


# The record of each earlier step: its id, or a reference to it.
Results: TypeAlias = Mapping[str, str | StepRef | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFact:
    """A fact of the response that a rule can name."""

    name: str
    label: str
    type: ValueType
    sample: str | int
    # The longest text that it can be.
    length: int = 0


RESPONSE_FACTS: Final[Mapping[str, ResponseFact]] = {
    fact.name: fact
    for fact in (
        ResponseFact(
            name="key",
            label=gettext_noop("Key of the response"),
            type="text",
            sample="0b9f1c52-7a5e-4a43-9a67-3f3f2f3f7d11",
            length=36,
        ),
        ResponseFact(
            name="link",
            label=gettext_noop("Link to the response in Tellback"),
            type="text",
            sample="https://tellback.example/admin/responses/response/42/change/",
            length=255,
        ),
        ResponseFact(
            name="status",
            label=gettext_noop("Status of the response"),
            type="text",
            sample="completed",
            length=12,
        ),
        ResponseFact(
            name="language",
            label=gettext_noop("Language of the response"),
            type="text",
            sample="en",
            length=16,
        ),
        ResponseFact(
            name="survey_key",
            label=gettext_noop("Key of the survey"),
            type="text",
            sample="support-csat",
            length=50,
        ),
        ResponseFact(
            name="survey_title",
            label=gettext_noop("Title of the survey"),
            type="text",
            sample="How did we do?",
            length=500,
        ),
        ResponseFact(
            name="version",
            label=gettext_noop("Version of the survey"),
            type="number",
            sample=3,
            length=6,
        ),
        ResponseFact(
            name="collector",
            label=gettext_noop("Key of the deployment"),
            type="text",
            sample="case-closed",
            length=50,
        ),
        ResponseFact(
            name="recipient_email",
            label=gettext_noop("Address that the invitation went to"),
            type="text",
            sample="ada@example.com",
            length=254,
        ),
        ResponseFact(
            name="recipient_name",
            label=gettext_noop("Name of the person who was invited"),
            type="text",
            sample="Ada Lovelace",
            length=200,
        ),
        ResponseFact(
            name="started_at",
            label=gettext_noop("When the respondent started"),
            type="date",
            sample="2026-01-31T13:45:00.000Z",
            length=24,
        ),
        ResponseFact(
            name="completed_at",
            label=gettext_noop("When the respondent finished"),
            type="date",
            sample="2026-01-31T13:47:30.000Z",
            length=24,
        ),
        ResponseFact(
            name="duration_seconds",
            label=gettext_noop("Seconds from start to finish"),
            type="number",
            sample=150,
            length=9,
        ),
        ResponseFact(
            name="quality",
            label=gettext_noop("Signs that the answers were not thought about"),
            type="text",
            sample="too_fast",
            length=44,
        ),
    )
}


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


@dataclass(frozen=True, slots=True)
class ResponseNames:
    """The facts of a response as names that a condition can read."""

    def kind(self, source: str, name: str) -> NameInfo | None:
        if source != "response" or name not in RESPONSE_FACTS:
            return None
        return NameInfo(type=RESPONSE_FACTS[name].type)


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
        case FromVariable(variable=variable):
            value = facts.variables.get(variable)
        case FromResponse(name=name) if name in RESPONSE_FACTS:
            value = facts.response.get(name)
        case FromTemplate():
            values = [read(part, facts, results) for part in parts(source)]
            value = rendered(source, values)
    return value


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
