"""Owns what a value source can ever give, as far as the survey tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import prod
from typing import Final, TypeAlias

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
from crm_mappings.plan.specs import Action, MappingSpec, NoMatch, StepSpec
from crm_mappings.plan.values import RESPONSE_FACTS, as_text, parts, rendered
from surveys.answers import facet
from surveys.definition import Definition, Kind, Question
from surveys.definition.kinds import TEXT_LENGTHS

# So many choices are tried in every combination, and so many texts of a template.
MOST_CHOICES: Final = 8
MOST_TEXTS: Final = 500
LATEST: Final = "2026-12-31T23:59:59.999Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finite:
    """These values; incomplete: these and others no longer, larger or smaller."""

    values: tuple[object, ...]
    blank: bool = False
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyText:
    """Any text up to a length; None when nothing limits it."""

    longest: int | None
    blank: bool = False
    # Typed by a respondent, or else given by another system.
    typed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordId:
    """The id of a record of an object."""

    object: str
    blank: bool = False


Domain: TypeAlias = Finite | AnyText | RecordId


def domain(source: ValueSource, definition: Definition, mapping: MappingSpec) -> Domain:
    """Return what a source can give. Its names must be known, see `check`."""
    match source:
        case FromConstant(value=value):
            return Finite(values=(value,))
        case FromVariable(variable=key):
            variable = definition.variable(key)
            typed = variable is not None and variable.open
            return AnyText(longest=None, blank=True, typed=typed)
        case FromRecord(record=record):
            return RecordId(object=record, blank=True)
        case FromStep(step=key):
            step = next(step for step in mapping.steps if step.key == key)
            return RecordId(object=step.object, blank=_may_be_skipped(step))
        case _:
            return _read(source, definition, mapping)


def _read(
    source: FromQuestion | FromResponse | FromTemplate,
    definition: Definition,
    mapping: MappingSpec,
) -> Domain:
    if isinstance(source, FromQuestion):
        return _answers(source, definition)
    if isinstance(source, FromResponse):
        return _fact(source.name, definition)
    return _texts(source, definition, mapping)


def _may_be_skipped(step: StepSpec) -> bool:
    if step.condition is not None or step.no_match is NoMatch.SKIP:
        return True
    # A record is not created when all of its values are blank.
    return step.action is not Action.FIND and step.may_create


def _answers(source: FromQuestion, definition: Definition) -> Domain:
    pages = (
        (page, question)
        for page in definition.pages
        for question in page.questions
        if question.key == source.question
    )
    page, question = next(pages)
    skippable = not question.required or question.show_if or page.show_if
    if question.kind in TEXT_LENGTHS:
        longest = question.max_length or TEXT_LENGTHS[question.kind]
        return AnyText(longest=longest, blank=bool(skippable), typed=True)
    language = definition.default_language
    values = [
        facet(question, answer, source.facet, language)
        for answer in _possible(question)
    ]
    given = tuple(value for value in values if value is not None)
    return Finite(values=given, blank=bool(skippable) or len(given) < len(values))


def _possible(question: Question) -> Iterator[object]:
    keys = [choice.key for choice in question.choices]
    if question.kind is Kind.SINGLE_CHOICE:
        yield from keys
    elif question.kind is Kind.MULTIPLE_CHOICE:
        yield from _sets(keys)
    else:
        yield from range(question.min or 0, (question.max or 0) + 1)


def _sets(keys: list[str]) -> Iterator[list[str]]:
    """Return every set of choices, or of many choices each alone and ever more."""
    if len(keys) > MOST_CHOICES:
        yield from ([key] for key in keys)
        yield from (keys[:count] for count in range(2, len(keys) + 1))
        return
    sizes = range(1, len(keys) + 1)
    every = chain.from_iterable(combinations(keys, size) for size in sizes)
    yield from map(list, every)


def _fact(name: str, definition: Definition) -> Domain:
    fact = RESPONSE_FACTS[name]
    if name == "status":
        return Finite(values=("completed",))
    if name == "survey_key":
        return Finite(values=(definition.key,))
    if name == "survey_title":
        titles = tuple(dict.fromkeys(definition.title.values()))
        return Finite(values=titles)
    if fact.type == "number":
        return Finite(values=(0, 10**fact.length - 1), complete=False)
    if fact.type == "date":
        return Finite(values=(LATEST,), complete=False)
    return AnyText(longest=fact.length, blank=name == "collector")


def _texts(
    source: FromTemplate, definition: Definition, mapping: MappingSpec
) -> Domain:
    inner = [domain(part, definition, mapping) for part in parts(source)]
    choices = [_listed(one) for one in inner]
    listed = [one for one in choices if one is not None]
    if len(listed) == len(inner) and prod(map(len, listed)) <= MOST_TEXTS:
        texts = [rendered(source, values) for values in product(*listed)]
        given = tuple(dict.fromkeys(text for text in texts if text is not None))
        return Finite(values=given, blank=None in texts)
    lengths = [_longest(one) for one in inner]
    written = sum(len(part) for part in source.parts if isinstance(part, str))
    known = [length for length in lengths if length is not None]
    said = [
        one.blank
        for one, part in zip(inner, parts(source), strict=True)
        if not isinstance(part, FromResponse)
    ]
    return AnyText(
        longest=written + sum(known) if len(known) == len(lengths) else None,
        blank=bool(said) and all(said),
        typed=True,
    )


def _listed(one: Domain) -> tuple[object, ...] | None:
    if not isinstance(one, Finite) or not one.complete:
        return None
    return (*one.values, None) if one.blank else one.values


def _longest(one: Domain) -> int | None:
    if isinstance(one, AnyText):
        return one.longest
    values = one.values if isinstance(one, Finite) else ()
    return max((len(as_text(value)) for value in values), default=0)
