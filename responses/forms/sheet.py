"""One page as its template prints it: each question with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from responses import route
from responses.contents import accepted
from responses.forms import controls
from responses.forms.complaints import (
    earliest,
    ended,
    latest,
    message,
    moment,
    number,
)
from responses.forms.controls import Line, Option, Words
from responses.forms.names import field_name
from responses.tongues import tongue
from surveys import logic, ordering
from surveys.answers import AnswerProblem, Raw, Values, to_raw, values_of
from surveys.answers.numbers import written
from surveys.definition import OTHER, Definition, Kind, Page, Question
from surveys.definition.kinds import TEXT_LENGTHS
from surveys.speech import Speech

KINDS = "respondent/kinds"
TEMPLATES: Mapping[Kind, str] = {
    Kind.NPS: f"{KINDS}/scale.html",
    Kind.RATING: f"{KINDS}/scale.html",
    Kind.SINGLE_CHOICE: f"{KINDS}/choices.html",
    Kind.MULTIPLE_CHOICE: f"{KINDS}/choices.html",
    Kind.MATRIX: f"{KINDS}/matrix.html",
    Kind.RANKING: f"{KINDS}/ranking.html",
    Kind.SHORT_TEXT: f"{KINDS}/text.html",
    Kind.LONG_TEXT: f"{KINDS}/text.html",
    Kind.NUMBER: f"{KINDS}/text.html",
    Kind.SLIDER: f"{KINDS}/slider.html",
    Kind.EMAIL: f"{KINDS}/text.html",
    Kind.PHONE: f"{KINDS}/text.html",
    Kind.URL: f"{KINDS}/text.html",
    Kind.DATE: f"{KINDS}/text.html",
    Kind.TIME: f"{KINDS}/text.html",
    Kind.DATETIME: f"{KINDS}/text.html",
    Kind.CONTACT: f"{KINDS}/contact.html",
    Kind.CONSENT: f"{KINDS}/consent.html",
    Kind.FILE: f"{KINDS}/file.html",
    Kind.STATEMENT: f"{KINDS}/statement.html",
}
# A single choice in its other looks.
DISPLAYS = {"dropdown": f"{KINDS}/dropdown.html", "image": f"{KINDS}/pictures.html"}
# What a wide scale needs more room for is said in a class, as style is not inline.
WIDE_SCALE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question as its template prints it."""

    key: str
    kind: str
    template: str
    name: str
    id: str
    # Where a link of the error summary leads: the first control.
    target: str
    text: Words
    help: Words
    required: bool
    error: str
    described_by: str
    options: tuple[Option, ...]
    lines: tuple[Line, ...]
    min_label: Words
    max_label: Words
    wide: bool
    icons: str
    columns: int
    value: str
    # What was written in beside the choices; None where nothing can be.
    other: str | None
    other_label: Words
    other_wrong: bool
    accept: str
    type: str
    input_mode: str
    autocomplete: str
    low: str
    high: str
    step: str
    unit: Words
    max_length: int | None
    # What is taken, where the survey sets a limit of its own.
    limit_note: str
    # All of that as its template prints it.
    html: str = ""

    @property
    def is_grouped(self) -> bool:
        """Whether more than one control stands under what is asked."""
        has_file = self.kind == Kind.FILE.value and bool(self.value)
        return has_file or self.other is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page of the survey, filled in as far as it is."""

    key: str
    title: str | SafeString
    fields: tuple[Field, ...]
    number: int
    total: int
    has_previous: bool
    is_last: bool

    @property
    def wrong(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.error)

    @property
    def steps(self) -> tuple[bool, ...]:
        """For each page on the way, whether it is reached."""
        return tuple(place < self.number for place in range(self.total))

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(field.kind for field in self.fields)


def sheet(
    page: Page,
    definition: Definition,
    answers: Mapping[str, object],
    variables: Mapping[str, object],
    *,
    speech: Speech,
    raw: Mapping[str, Raw] | None = None,
    problems: Mapping[str, AnswerProblem] | None = None,
    seed: int = 0,
) -> Sheet:
    """The page with what was typed (`raw`), else with what is stored."""
    pages = logic.visible_pages(definition, answers, variables)
    position = pages.index(page) if page in pages else 0
    shown = logic.visible_questions(page, definition, answers, variables)
    fields = tuple(
        _printed(
            question,
            speech,
            _typed(question, answers, raw),
            (problems or {}).get(question.key),
            seed,
        )
        for question in ordering.questions(page, shown, seed)
    )
    return Sheet(
        key=page.key,
        title=speech.inline(page.title),
        fields=fields,
        number=position + 1,
        total=len(pages),
        has_previous=position > 0,
        is_last=page == definition.pages[-1] or _always_ends(page),
    )


def _always_ends(page: Page) -> bool:
    return any(not way.go_to and way.condition is None for way in page.next[:1])


def missing_problems(
    page: Page,
    definition: Definition,
    answers: Mapping[str, object],
    variables: Mapping[str, object],
) -> dict[str, AnswerProblem]:
    """What is wrong with a page that a later one was reached without."""
    return {
        key: AnswerProblem("required", {})
        for key in route.missing(page, definition, answers, variables)
    }


def _typed(
    question: Question,
    answers: Mapping[str, object],
    raw: Mapping[str, Raw] | None,
) -> Values:
    if raw is not None:
        return values_of(raw.get(question.key, ()))
    return to_raw(question, answers.get(question.key))


def _printed(
    question: Question,
    speech: Speech,
    typed: Values,
    problem: AnswerProblem | None,
    seed: int,
) -> Field:
    """The question as it is printed; untouched, it is printed once for everybody."""
    if not problem and not any(any(values) for values in typed.values()):
        spoken = (speech.language, speech.default, get_language())
        found = _untouched(_Same(question), *spoken)
        if found is not None:
            return found
    return _print(
        _field(question, speech=speech, typed=typed, problem=problem, seed=seed),
        speech.language,
    )


def _print(field: Field, language: str) -> Field:
    context = {"field": field, "tongue": tongue(language)}
    return replace(field, html=render_to_string(field.template, context))


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """One question and no other, however alike: a version never changes."""

    question: Question

    def __hash__(self) -> int:
        return id(self.question)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.question is self.question


@lru_cache(maxsize=4096)
def _untouched(
    same: _Same, language: str, default: str, _interface: str
) -> Field | None:
    """The question without an answer; None where respondents do not all read the same."""
    own: list[str] = []

    def fill(text: str) -> str:
        own.extend([text] if "{{" in text else [])
        return text

    if same.question.random:
        return None
    speech = Speech(language=language, default=default, fill=fill)
    field = _field(same.question, speech=speech, typed={}, problem=None, seed=0)
    return None if own else _print(field, language)


def _field(
    question: Question,
    *,
    speech: Speech,
    typed: Values,
    problem: AnswerProblem | None,
    seed: int,
) -> Field:
    identity = f"q-{question.key}"
    part = str(problem.params.get("part", "")) if problem else ""
    options = controls.options(question, identity, speech, typed, seed)
    lines = controls.lines(question, identity, speech, typed, wrong=part, seed=seed)
    error = message(question, problem, speech) if problem else ""
    help_text, limit_note = speech.inline(question.help), _limit_note(question, speech)
    notes = {"help": help_text, "limit": limit_note, "error": error}
    low, high = controls.ends(question, speech)
    return Field(
        key=question.key,
        kind=question.kind.value,
        template=_template(question),
        name=field_name(question.key),
        id=identity,
        target=_target(question, identity, options, lines, part),
        text=speech.paragraphs(question.text)
        if question.kind is Kind.STATEMENT
        else speech.inline(question.text),
        help=help_text,
        required=question.required,
        error=error,
        described_by=" ".join(f"{identity}-{name}" for name in notes if notes[name]),
        options=options,
        lines=lines,
        min_label=low,
        max_label=high,
        wide=len(options) > WIDE_SCALE,
        icons=question.icons,
        columns=question.columns,
        value=controls.first(typed),
        other=controls.first(typed, OTHER) if question.other else None,
        other_label=speech.inline(question.other_label) or gettext("Other"),
        other_wrong=part == OTHER,
        accept=accepted(question.types),
        type=controls.TYPES.get(question.kind, "text"),
        input_mode=controls.INPUT_MODES.get(question.kind, ""),
        autocomplete=controls.autocomplete(question),
        low=_number(question.low) or question.earliest,
        high=_number(question.high) or question.latest,
        step=_number(question.step),
        unit=speech.inline(question.unit),
        max_length=question.max_length,
        limit_note=limit_note,
    )


def _template(question: Question) -> str:
    return DISPLAYS.get(question.display) or TEMPLATES[question.kind]


def _target(
    question: Question,
    identity: str,
    options: tuple[Option, ...],
    lines: tuple[Line, ...],
    part: str,
) -> str:
    """The first control, or that of the part that is wrong."""
    if part == OTHER and question.other:
        return f"{identity}-{OTHER}-text"
    if lines:
        line = next((one for one in lines if one.wrong), lines[0])
        return line.options[0].id if question.kind is Kind.MATRIX else line.id
    if options and question.display != "dropdown":
        return options[0].id
    return identity


def _number(value: float | None) -> str:
    return "" if value is None else written(value)


def _limit_note(question: Question, speech: Speech) -> str:
    """What is taken, said before anything wrong can be typed."""
    if question.pattern:
        return speech.plain(question.pattern_hint)
    if question.kind in TEXT_LENGTHS:
        return _length_note(question)
    if question.kind is Kind.NUMBER:
        return _range_note(number(question.low), number(question.high))
    if question.kind is Kind.FILE:
        return gettext("Up to %(size)s MB.") % {"size": question.max_size}
    return _time_note(question.earliest, question.latest)


def _range_note(low: str, high: str) -> str:
    if low and high:
        return gettext("From %(low)s to %(high)s.") % {"low": low, "high": high}
    if low:
        return gettext("At least %(low)s.") % {"low": low}
    return gettext("At most %(high)s.") % {"high": high} if high else ""


def _time_note(early: str, late: str) -> str:
    if early and late:
        return ended(_range_note(moment(early), moment(late)))
    if early:
        return earliest(early)
    return latest(late) if late else ""


def _length_note(question: Question) -> str:
    """Said only where the survey sets a limit of its own."""
    longest, usual = question.max_length, TEXT_LENGTHS.get(question.kind)
    if not longest or not usual or longest >= usual:
        return ""
    text = ngettext(
        "Up to %(count)s character.", "Up to %(count)s characters.", longest
    )
    return text % {"count": number_format(longest, force_grouping=True)}
