"""Owns what a value source can ever give, as far as the survey tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from math import prod
from typing import Final
from uuid import UUID

from crm_mappings.plan.ranges import AnyText, Domain, FileId, Finite, RecordId, sets
from crm_mappings.plan.response_facts import RESPONSE_FACTS
from crm_mappings.plan.schema import ObjectSchema
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
    parts,
)
from crm_mappings.plan.specs import MappingSpec
from crm_mappings.plan.step_domains import of_step
from crm_mappings.plan.values import LONGEST_WORDING, as_text, rendered
from surveys.answers import facet
from surveys.answers.scoring import scoring
from surveys.definition import OTHER, Definition, Kind, Question, facet_types
from surveys.definition.kinds import (
    DECIMALS,
    FIRST_DATE,
    HIGHEST_NUMBER,
    LAST_DATE,
    LINE_LENGTHS,
    LONGEST_OTHER,
    MOMENTS,
    NUMBERS,
    TEXT_LENGTHS,
)
from surveys.rich import bare

# So many texts of a template are tried.
MOST_TEXTS: Final = 500
# Of a file: its name as it was sent, our link to it, its id.
FILE_LENGTHS: Final = {"name": 255, "url": 255}
LATEST: Final = "2026-12-31T23:59:59.999Z"


def domain(
    source: ValueSource,
    definition: Definition,
    mapping: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
) -> Domain:
    """Return what a source can give. Its names must be known, see `check`."""
    match source:
        case FromConstant(value=value):
            return Finite(values=(value,))
        case FromVariable(variable=key):
            variable = definition.variable(key)
            typed = variable is not None and variable.open
            return AnyText(longest=None, blank=True, typed=typed)
        case FromRecord(record=record):
            return RecordId(objects=(record,), blank=True)
        case FromStep():
            return of_step(source, mapping, schemas)
        case FromTemplate():
            return _texts(source, definition, mapping, schemas)
        case _:
            return _read(source, definition)


def _read(
    source: FromQuestion | FromWording | FromResponse, definition: Definition
) -> Domain:
    if isinstance(source, FromQuestion):
        return _answers(source, definition)
    if isinstance(source, FromWording):
        return _wording(source.question, definition)
    return _fact(source.name, definition)


def _answers(source: FromQuestion, definition: Definition) -> Domain:
    pages = (
        (page, question)
        for page in definition.pages
        for question in page.questions
        if question.key == source.question
    )
    page, question = next(pages)
    skippable = not question.required or question.show_if or page.show_if
    named = source.facet or next(iter(facet_types(question)))
    free = _free(question, named, blank=bool(skippable))
    if free is not None:
        return free
    language = definition.default_language
    values = [
        facet(question, answer, source.facet, language)
        for answer in _possible(question, named)
    ]
    given = tuple(dict.fromkeys(map(_hashable, (v for v in values if v is not None))))
    return Finite(
        values=tuple(list(v) if isinstance(v, tuple) else v for v in given),
        blank=bool(skippable) or len(given) < len(values),
    )


def _wording(key: str, definition: Definition) -> Domain:
    """What is asked, in each language; an answer in it can be anything."""
    question = definition.question(key)
    texts = [bare(text) for text in (question.text if question else {}).values()]
    if any("{{" in text for text in texts):
        return AnyText(longest=LONGEST_WORDING)
    cut = (text[:LONGEST_WORDING] for text in texts if text)
    return Finite(values=tuple(dict.fromkeys(cut)))


def _score(definition: Definition) -> Finite:
    """From the first NPS question that was answered, or else the first rating."""
    asked = scoring(definition)
    numbers = {
        number
        for question in asked
        for number in range(question.min or 0, (question.max or 0) + 1)
    }
    blank = all(
        not question.required or question.show_if or page.show_if
        for page in definition.pages
        for question in page.questions
        if question in asked
    )
    return Finite(values=tuple(sorted(numbers)), blank=blank)


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _free(question: Question, named: str, *, blank: bool) -> Domain | None:
    """What nobody can list: texts that are typed, and numbers of a range."""
    kind = question.kind
    if kind in NUMBERS:
        return _numbers(question, blank=blank)
    if kind in MOMENTS:
        return _moments(question, blank=blank)
    if question.other and named in {"other", "label", "labels"}:
        return _written_in(question, named, blank=blank)
    if kind is Kind.FILE and named == "id":
        return FileId(megabytes=question.max_size, blank=blank)
    if kind is Kind.FILE:
        return AnyText(longest=FILE_LENGTHS[named], blank=blank, typed=named == "name")
    return _line(question, named, blank=blank)


def _line(question: Question, named: str, *, blank: bool) -> AnyText | None:
    kind = question.kind
    if kind in TEXT_LENGTHS:
        longest = question.max_length or TEXT_LENGTHS[kind]
        return AnyText(longest=longest, blank=blank, typed=True)
    if kind is Kind.CONTACT:
        one = next(one for one in question.fields if one.key == named)
        kind, blank = one.kind, blank or not one.required
    if kind not in LINE_LENGTHS:
        return None
    email = kind is Kind.EMAIL and named != "domain"
    return AnyText(longest=LINE_LENGTHS[kind], blank=blank, typed=True, email=email)


def _written_in(question: Question, named: str, *, blank: bool) -> AnyText:
    """A label of a choice, or all of them, or what somebody wrote instead."""
    labels = [len(label) for one in question.choices for label in one.label.values()]
    written = LONGEST_OTHER
    if named == "label":
        written = max([LONGEST_OTHER, *labels])
    elif named == "labels":
        longest = [max(map(len, one.label.values())) for one in question.choices]
        written = sum(longest) + len(longest) + LONGEST_OTHER
    return AnyText(longest=written, blank=blank or named == "other", typed=True)


def _numbers(question: Question, *, blank: bool) -> Finite:
    """The ends of the range, and one with as many digits as there can be."""
    low = -HIGHEST_NUMBER if question.low is None else question.low
    high = HIGHEST_NUMBER if question.high is None else question.high
    whole = question.step is not None and question.step == int(question.step)
    fine = () if whole else (low + (high - low) / 3,)
    values = (*(round(one, DECIMALS) for one in fine), low, high)
    return Finite(
        values=tuple(int(one) if one == int(one) else one for one in values),
        blank=blank,
        complete=False,
    )


def _moments(question: Question, *, blank: bool) -> Finite:
    first, last = {
        Kind.DATE: (FIRST_DATE, LAST_DATE),
        Kind.TIME: ("00:00", "23:59:59"),
    }.get(question.kind, (f"{FIRST_DATE}T00:00", f"{LAST_DATE}T23:59:59"))
    values = (question.earliest or first, question.latest or last)
    return Finite(values=values, blank=blank, complete=False)


def _possible(question: Question, named: str) -> Iterator[object]:
    keys = [choice.key for choice in question.choices]
    written: list[object] = [{OTHER: OTHER}] if question.other else []
    match question.kind:
        case Kind.SINGLE_CHOICE:
            yield from (*keys, *written)
        case Kind.MULTIPLE_CHOICE:
            yield from sets([*keys, *written])
        case Kind.MATRIX:
            yield from _matrices(question, named, keys)
        case Kind.RANKING:
            yield from _orders(question, keys)
        case Kind.CONSENT:
            yield from (True,) if question.required else (True, False)
        case _:
            yield from range(question.min or 0, (question.max or 0) + 1)


def _matrices(
    question: Question, named: str, keys: list[str]
) -> Iterator[Mapping[str, str]]:
    """Enough tables to show every value of the facet: of its row, or of them all."""
    rows = [row.key for row in question.rows]
    if named == "count":
        yield from (dict.fromkeys(rows[:n], keys[0]) for n in range(1, len(rows) + 1))
        return
    _kind, _colon, row = named.partition(":")
    if row:
        yield from ({row: key} for key in keys)
        if not question.required:
            yield {}
        return
    # The mean of two neighbours has more digits than either.
    for pair in combinations(keys, 2):
        yield dict(zip(rows, [*pair, *[pair[0]] * len(rows)], strict=False))
    yield from (dict.fromkeys(rows, key) for key in keys)


def _orders(question: Question, keys: list[str]) -> Iterator[list[str]]:
    """Enough orders to show every value of the facet."""
    for place in range(len(keys)):
        turned = [*keys[place:], *keys[:place]]
        yield turned
        if not question.required:
            # Whoever ranks only some leaves the others without a place.
            yield from (turned[:count] for count in range(1, len(turned)))


def _fact(name: str, definition: Definition) -> Domain:
    fact = RESPONSE_FACTS[name]
    if name == "score":
        return _score(definition)
    listed = {
        "status": ("completed",),
        "survey_key": (definition.key,),
        "survey_title": tuple(dict.fromkeys(definition.title.values())),
    }
    if name in listed:
        return Finite(values=listed[name])
    if fact.type == "number":
        return Finite(values=(0, 10**fact.length - 1), complete=False)
    if fact.type == "date":
        return Finite(values=(LATEST,), complete=False)
    return AnyText(
        longest=fact.length,
        blank=name in {"collector", "recipient_email", "recipient_name", "quality"},
        email=name == "recipient_email",
    )


def _texts(
    source: FromTemplate,
    definition: Definition,
    mapping: MappingSpec,
    schemas: Mapping[str, ObjectSchema],
) -> Domain:
    inner = [domain(part, definition, mapping, schemas) for part in parts(source)]
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
        if isinstance(part, FromQuestion | FromVariable | FromStep)
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
    if isinstance(one, FileId):
        return len(str(UUID(int=0)))
    values = one.values if isinstance(one, Finite) else ()
    return max((len(as_text(value)) for value in values), default=0)
