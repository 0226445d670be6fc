"""Owns what a page shows: a view model of each question, for templates that only
print it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.html import conditional_escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from responses import languages, route
from surveys import logic
from surveys.answers import AnswerProblem
from surveys.definition import Choice, Definition, Kind, Page, Question, Texts, say
from surveys.definition.kinds import TEXT_LENGTHS

# Names that the form itself uses; a question of such a key is called otherwise.
OWN_NAMES = frozenset({"page", "go", "lang", "language", "start"})
TEMPLATES = {
    Kind.NPS: "respondent/kinds/scale.html",
    Kind.RATING: "respondent/kinds/scale.html",
    Kind.SINGLE_CHOICE: "respondent/kinds/choices.html",
    Kind.MULTIPLE_CHOICE: "respondent/kinds/choices.html",
    Kind.SHORT_TEXT: "respondent/kinds/text.html",
    Kind.LONG_TEXT: "respondent/kinds/text.html",
    Kind.STATEMENT: "respondent/kinds/statement.html",
}
# What a wide scale needs more room for is said in a class, as style is not inline.
WIDE_SCALE = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    id: str
    value: str
    label: str | SafeString
    checked: bool
    # Said to those who do not see where on the scale the option stands.
    note: str | SafeString = ""


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
    text: str | SafeString
    help: str | SafeString
    required: bool
    error: str
    described_by: str
    options: tuple[Option, ...]
    min_label: str | SafeString
    max_label: str | SafeString
    wide: bool
    value: str
    max_length: int | None
    length_note: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Says a survey's texts in one language, and marks what is in another."""

    language: str
    default: str

    def plain(self, texts: Texts) -> str:
        return say(texts, self.language, self.default)

    def inline(self, texts: Texts) -> SafeString:
        text = self.plain(texts)
        other = self._other(texts, text)
        if not other:
            return conditional_escape(text)
        way = languages.direction(other)
        return format_html('<span lang="{}" dir="{}">{}</span>', other, way, text)

    def paragraphs(self, texts: Texts) -> SafeString:
        text = self.plain(texts)
        if not text:
            return SafeString("")
        body = mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped
        other = self._other(texts, text)
        if not other:
            return body
        way = languages.direction(other)
        return format_html('<div lang="{}" dir="{}">{}</div>', other, way, body)

    def _other(self, texts: Texts, text: str) -> str:
        """The language of the text when it is not the page's."""
        if not text or texts.get(self.language) == text:
            return ""
        spoken = next((code for code, one in texts.items() if one == text), "")
        same = spoken.split("-", 1)[0] == self.language.split("-", 1)[0]
        return "" if same else spoken


def sheet(
    page: Page,
    definition: Definition,
    answers: Mapping[str, object],
    variables: Mapping[str, object],
    *,
    speech: Speech,
    raw: Mapping[str, Sequence[str]] | None = None,
    problems: Mapping[str, AnswerProblem] | None = None,
) -> Sheet:
    """The page with what was typed (`raw`), else with what is stored."""
    pages = logic.visible_pages(definition, answers, variables)
    position = pages.index(page) if page in pages else 0
    fields = tuple(
        _field(
            question,
            speech=speech,
            typed=_typed(question, answers, raw),
            problem=(problems or {}).get(question.key),
        )
        for question in logic.visible_questions(page, definition, answers, variables)
    )
    return Sheet(
        key=page.key,
        title=speech.inline(page.title),
        fields=fields,
        number=position + 1,
        total=len(pages),
        has_previous=position > 0,
        is_last=page == definition.pages[-1],
    )


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


def field_name(key: str) -> str:
    return f"q-{key}" if key in OWN_NAMES else key


def raw_answers(
    page: Page, data: Mapping[str, Sequence[str]]
) -> dict[str, Sequence[str]]:
    """The fields of a posted form that belong to the page, by question key."""
    names = {question.key: field_name(question.key) for question in page.questions}
    return {key: data[name] for key, name in names.items() if name in data}


def _typed(
    question: Question,
    answers: Mapping[str, object],
    raw: Mapping[str, Sequence[str]] | None,
) -> tuple[str, ...]:
    if raw is not None:
        return tuple(raw.get(question.key, ()))
    answer = answers.get(question.key)
    if answer is None:
        return ()
    if isinstance(answer, list):
        return tuple(str(part) for part in answer)
    return (str(answer),)


def _field(
    question: Question,
    *,
    speech: Speech,
    typed: tuple[str, ...],
    problem: AnswerProblem | None,
) -> Field:
    identity = f"q-{question.key}"
    options = _options(question, identity, speech, typed)
    error = message(question, problem) if problem else ""
    help_text = speech.inline(question.help)
    length_note = _length_note(question)
    parts = {"help": help_text, "length": length_note, "error": error}
    low, high = _ends(question, speech)
    return Field(
        key=question.key,
        kind=question.kind.value,
        template=TEMPLATES[question.kind],
        name=field_name(question.key),
        id=identity,
        target=options[0].id if options else identity,
        text=speech.paragraphs(question.text)
        if question.kind is Kind.STATEMENT
        else speech.inline(question.text),
        help=help_text,
        required=question.required,
        error=error,
        described_by=" ".join(f"{identity}-{name}" for name in parts if parts[name]),
        options=options,
        min_label=low,
        max_label=high,
        wide=len(options) > WIDE_SCALE,
        value=typed[0] if typed else "",
        max_length=question.max_length,
        length_note=length_note,
    )


def _options(
    question: Question, identity: str, speech: Speech, typed: tuple[str, ...]
) -> tuple[Option, ...]:
    if question.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
        return tuple(
            _choice(choice, identity, speech, typed) for choice in question.choices
        )
    if question.kind in {Kind.NPS, Kind.RATING}:
        return _scale(question, identity, speech, typed)
    return ()


def _choice(
    choice: Choice, identity: str, speech: Speech, typed: tuple[str, ...]
) -> Option:
    return Option(
        id=f"{identity}-{choice.key}",
        value=choice.key,
        label=speech.inline(choice.label) or choice.key,
        checked=choice.key in typed,
    )


def bounds(question: Question) -> tuple[int, int]:
    low = question.min if question.min is not None else 0
    high = question.max if question.max is not None else 10
    return low, high


def _scale(
    question: Question, identity: str, speech: Speech, typed: tuple[str, ...]
) -> tuple[Option, ...]:
    low, high = bounds(question)
    notes = dict(zip((low, high), _ends(question, speech), strict=True))
    return tuple(
        Option(
            id=f"{identity}-{number}",
            value=str(number),
            label=str(number),
            checked=str(number) in typed,
            note=notes.get(number, ""),
        )
        for number in range(low, high + 1)
    )


def _ends(question: Question, speech: Speech) -> tuple[str, str]:
    """The words at both ends of a scale."""
    low, high = speech.inline(question.min_label), speech.inline(question.max_label)
    if question.kind is Kind.NPS and not low and not high:
        return gettext("Not at all likely"), gettext("Extremely likely")
    return low, high


def _length_note(question: Question) -> str:
    """Said only where the survey sets a limit of its own."""
    longest, usual = question.max_length, TEXT_LENGTHS.get(question.kind)
    if not longest or not usual or longest >= usual:
        return ""
    text = ngettext(
        "Up to %(count)s character.", "Up to %(count)s characters.", longest
    )
    return text % {"count": number_format(longest, force_grouping=True)}


def message(question: Question, problem: AnswerProblem) -> str:
    """What is wrong, and what to do."""
    low, high = bounds(question)
    longest = number_format(question.max_length or 0, force_grouping=True)
    return {
        "required": _required(question),
        "not_a_number": gettext("Choose one of the numbers."),
        "out_of_range": gettext("Choose a number from %(low)s to %(high)s.")
        % {"low": low, "high": high},
        "unknown_choice": gettext("Choose from the answers that are listed."),
        "too_long": gettext(
            "This is too long. Shorten it to %(count)s characters or fewer."
        )
        % {"count": longest},
        "one_answer_only": gettext("Give one answer only."),
        "unreadable": gettext("This holds signs that cannot be kept. Remove them."),
    }.get(problem.code, gettext("This answer cannot be used. Please change it."))


def _required(question: Question) -> str:
    if question.kind is Kind.MULTIPLE_CHOICE:
        return gettext("Choose at least one answer.")
    if question.kind in {Kind.SHORT_TEXT, Kind.LONG_TEXT}:
        return gettext("Write an answer.")
    return gettext("Choose an answer.")
