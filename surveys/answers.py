"""From what a form sends to the canonical answer, and from it to its facets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from surveys.conditions import ValueType
from surveys.definition import Kind, Question, facet_types, say
from surveys.definition.kinds import TEXT_LENGTHS
from surveys.texts import tidy
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

Code = Literal[
    "required",
    "not_a_number",
    "out_of_range",
    "unknown_choice",
    "too_long",
    "one_answer_only",
    # Given by whoever takes the form in: signs that no database keeps.
    "unreadable",
]
WHOLE = re.compile(r"[+-]?[0-9]+\Z")
# Longer numbers are out of any range; reading them would only cost time.
DIGITS = 12
SHOWN = 60


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer fit to keep: a canonical JSON value, or None when left blank."""

    value: object


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    code: Code
    params: Mapping[str, object] = field(default_factory=dict)


Answer: TypeAlias = Checked


def check(question: Question, raw: Sequence[str]) -> Answer | AnswerProblem:
    """Check the values that a form sent for one question."""
    if question.kind is Kind.STATEMENT:
        return Checked(None)
    given = [text for value in raw if (text := tidy(value))]
    if not given:
        return AnswerProblem("required") if question.required else Checked(None)
    if question.kind is Kind.MULTIPLE_CHOICE:
        return _several(question, given)
    if len(given) > 1:
        return AnswerProblem("one_answer_only")
    return ONE[question.kind](question, given[0])


def _number(question: Question, text: str) -> Answer | AnswerProblem:
    if not WHOLE.match(text):
        return AnswerProblem("not_a_number")
    low, high = question.min or 0, question.max or 0
    if len(text) > DIGITS or not low <= int(text) <= high:
        return AnswerProblem("out_of_range", {"min": low, "max": high})
    return Checked(int(text))


def _single(question: Question, text: str) -> Answer | AnswerProblem:
    if question.choice(text) is None:
        return AnswerProblem("unknown_choice", {"choice": text[:SHOWN]})
    return Checked(text)


def _several(question: Question, given: Sequence[str]) -> Answer | AnswerProblem:
    keys = [choice.key for choice in question.choices]
    unknown = [text for text in given if text not in keys]
    if unknown:
        return AnswerProblem("unknown_choice", {"choice": unknown[0][:SHOWN]})
    return Checked([key for key in keys if key in given])


def _text(question: Question, text: str) -> Answer | AnswerProblem:
    longest = question.max_length or TEXT_LENGTHS[question.kind]
    if len(text) > longest:
        return AnswerProblem("too_long", {"max_length": longest, "length": len(text)})
    return Checked(text)


def _line(question: Question, text: str) -> Answer | AnswerProblem:
    return _text(question, " ".join(text.split("\n")))


ONE: Mapping[Kind, Callable[[Question, str], Answer | AnswerProblem]] = {
    Kind.NPS: _number,
    Kind.RATING: _number,
    Kind.SINGLE_CHOICE: _single,
    Kind.SHORT_TEXT: _line,
    Kind.LONG_TEXT: _text,
}


# -------------------------------------------------------------------- facets


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One way to read an answer; `label` is for the lists of the admin."""

    name: str
    label: str
    type: ValueType
    example: object


LABELS: Mapping[str, str] = {
    "value": gettext_noop("Answer"),
    "group": gettext_noop("Group (promoter, passive, detractor)"),
    "normalised": gettext_noop("Normalised (1, 0, −1)"),
    "label": gettext_noop("Label"),
    "top_box": gettext_noop("Highest rating given"),
    "top_2_box": gettext_noop("One of the two highest ratings given"),
    "key": gettext_noop("Key of the choice"),
    "score": gettext_noop("Score of the choice"),
    "keys": gettext_noop("Keys of the choices"),
    "labels": gettext_noop("Labels, joined by ;"),
    "count": gettext_noop("How many were chosen"),
}


def facets(question: Question, default_language: str = "en") -> tuple[Facet, ...]:
    """What can be read from the answer; the default facet first."""
    sample = example(question)
    return tuple(
        Facet(
            name=name,
            label=_facet_label(question, name, default_language),
            type=type_,
            example=facet(question, sample, name, default_language),
        )
        for name, type_ in facet_types(question).items()
    )


def _facet_label(question: Question, name: str, language: str) -> str:
    if name.startswith("has:"):
        choice = question.choice(name.removeprefix("has:"))
        if choice is None:
            return name
        return _("Chosen: %(choice)s") % {
            "choice": say(choice.label, language, language)
        }
    return _(LABELS[name])


def example(question: Question) -> object:
    """A plausible answer, to show what a facet looks like."""
    keys = [choice.key for choice in question.choices]
    match question.kind:
        case Kind.NPS | Kind.RATING:
            return (question.max or 1) - 1
        case Kind.SINGLE_CHOICE:
            return keys[0]
        case Kind.MULTIPLE_CHOICE:
            return keys[:2]
        case Kind.SHORT_TEXT | Kind.LONG_TEXT:
            return "Quick and friendly"[: question.max_length]
        case Kind.STATEMENT:
            return None


def facet(
    question: Question, answer: object, name: str | None, default_language: str
) -> object:
    """Read the answer; None when it is blank or the kind has no such facet."""
    match question.kind:
        case Kind.NPS:
            return _nps_facet(answer, name or "value")
        case Kind.RATING:
            return _rating_facet(question, answer, name or "value", default_language)
        case Kind.SINGLE_CHOICE:
            return _single_facet(question, answer, name or "key", default_language)
        case Kind.MULTIPLE_CHOICE:
            return _several_facet(question, answer, name or "keys", default_language)
        case Kind.SHORT_TEXT | Kind.LONG_TEXT:
            fits = isinstance(answer, str) and answer and name in {None, "value"}
            return answer if fits else None
        case Kind.STATEMENT:
            return None


def _whole(answer: object) -> int | None:
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else None


def _nps_facet(answer: object, name: str) -> object:
    value = _whole(answer)
    if value is None:
        return None
    group, normalised = (
        ("promoter", 1)
        if value >= 9
        else ("passive", 0)
        if value >= 7
        else ("detractor", -1)
    )
    return {"value": value, "group": group, "normalised": normalised}.get(name)


def _rating_facet(
    question: Question, answer: object, name: str, language: str
) -> object:
    value, top = _whole(answer), question.max
    if value is None or top is None:
        return None
    ends = {question.min: question.min_label, top: question.max_label}
    return {
        "value": value,
        "label": say(ends.get(value, {}), language, language) or str(value),
        "top_box": value >= top,
        "top_2_box": value >= top - 1,
    }.get(name)


def _single_facet(
    question: Question, answer: object, name: str, language: str
) -> object:
    choice = question.choice(answer)
    if choice is None:
        return None
    return {
        "key": choice.key,
        "label": say(choice.label, language, language),
        "score": choice.score,
    }.get(name)


def _several_facet(
    question: Question, answer: object, name: str, language: str
) -> object:
    if not isinstance(answer, list | tuple) or not answer:
        return None
    chosen = [choice for choice in question.choices if choice.key in answer]
    if name.startswith("has:"):
        key = name.removeprefix("has:")
        return key in answer if question.choice(key) else None
    return {
        "keys": [choice.key for choice in chosen],
        "labels": ";".join(say(one.label, language, language) for one in chosen),
        "count": len(chosen),
    }.get(name)
