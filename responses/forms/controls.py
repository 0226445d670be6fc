"""The inputs of a question: choices, steps of a scale, and the lines of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from responses.forms.names import part_name
from surveys import ordering, picture_files
from surveys.answers import Values
from surveys.definition import OTHER, Choice, ContactField, Kind, Question
from surveys.definition.kinds import CHOOSING, LINE_LENGTHS
from surveys.speech import Speech

Words = str | SafeString
# What browsers know of a person, by the keys that designers give such lines.
AUTOCOMPLETE: Mapping[str, str] = {
    "name": "name",
    "full_name": "name",
    "first_name": "given-name",
    "last_name": "family-name",
    "company": "organization",
    "organisation": "organization",
    "organization": "organization",
    "job_title": "organization-title",
    "email": "email",
    "phone": "tel",
    "url": "url",
    "website": "url",
    "street": "street-address",
    "address": "street-address",
    "city": "address-level2",
    "state": "address-level1",
    "postal_code": "postal-code",
    "zip": "postal-code",
    "country": "country-name",
}
BY_KIND = {Kind.EMAIL: "email", Kind.PHONE: "tel", Kind.URL: "url"}
TYPES: Mapping[Kind, str] = {
    Kind.EMAIL: "email",
    Kind.PHONE: "tel",
    Kind.URL: "url",
    Kind.DATE: "date",
    Kind.TIME: "time",
    Kind.DATETIME: "datetime-local",
}
INPUT_MODES = {Kind.NUMBER: "decimal", Kind.SLIDER: "decimal", Kind.URL: "url"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    id: str
    value: str
    label: Words
    checked: bool
    # Said to those who do not see where on the scale the option stands.
    note: Words = ""
    # Drawn instead of the label: the mouth of a face, or anything for a star.
    picture: str = ""
    # The address of what it is shown by, where choices are pictures.
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One part of a question: a row, a place in a ranking, a line of a contact."""

    id: str
    name: str
    label: Words
    value: str = ""
    type: str = "text"
    autocomplete: str = ""
    required: bool = False
    wrong: bool = False
    options: tuple[Option, ...] = ()


def options(
    question: Question, identity: str, speech: Speech, typed: Values, seed: int
) -> tuple[Option, ...]:
    if question.kind in CHOOSING:
        chosen = typed.get("", ())
        return tuple(
            _choice(choice, identity, speech, chosen)
            for choice in ordering.choices(question, seed)
        ) + _write_in(question, identity, speech, typed)
    if question.kind is Kind.MATRIX:
        return tuple(
            _choice(choice, identity, speech, ()) for choice in question.choices
        )
    if question.kind in {Kind.NPS, Kind.RATING}:
        return _scale(question, identity, speech, typed.get("", ()))
    return ()


def _choice(
    choice: Choice, identity: str, speech: Speech, chosen: Sequence[str]
) -> Option:
    return Option(
        id=f"{identity}-{choice.key}",
        value=choice.key,
        label=speech.inline(choice.label) or choice.key,
        checked=choice.key in chosen,
        image=picture_files.address(choice.image) if choice.image else "",
    )


def _write_in(
    question: Question, identity: str, speech: Speech, typed: Values
) -> tuple[Option, ...]:
    """The choice that is written in: chosen, too, when only something is written."""
    if not question.other:
        return ()
    chosen = typed.get("", ())
    written = any(value.strip() for value in typed.get(OTHER, ()))
    single = question.kind is Kind.SINGLE_CHOICE
    option = Option(
        id=f"{identity}-{OTHER}",
        value=OTHER,
        label=speech.inline(question.other_label) or _("Other"),
        checked=OTHER in chosen or (written and not (single and chosen)),
    )
    return (option,)


def bounds(question: Question) -> tuple[int, int]:
    low = question.min if question.min is not None else 0
    high = question.max if question.max is not None else 10
    return low, high


def ends(question: Question, speech: Speech) -> tuple[Words, Words]:
    """The words at both ends of a scale."""
    low, high = speech.inline(question.min_label), speech.inline(question.max_label)
    if question.kind is Kind.NPS and not low and not high:
        return _("Not at all likely"), _("Extremely likely")
    return low, high


def _scale(
    question: Question, identity: str, speech: Speech, chosen: Sequence[str]
) -> tuple[Option, ...]:
    low, high = bounds(question)
    notes = dict(zip((low, high), ends(question, speech), strict=True))
    return tuple(
        Option(
            id=f"{identity}-{number}",
            value=str(number),
            label=str(number),
            checked=str(number) in chosen,
            note=notes.get(number, ""),
            picture=_picture(question, number - low, high - low),
        )
        for number in range(low, high + 1)
    )


def _picture(question: Question, step: int, last: int) -> str:
    """A mouth from sad to glad, as the rest of an SVG path."""
    if question.icons == "numbers":
        return ""
    bend = 8 * step / last - 4
    return f"{16 - bend / 2:.1f}q4.5 {bend:.1f} 9 0"


def lines(
    question: Question,
    identity: str,
    speech: Speech,
    typed: Values,
    *,
    wrong: str,
    seed: int,
) -> tuple[Line, ...]:
    """The parts of the question; `wrong` is the one that a complaint is about."""
    match question.kind:
        case Kind.MATRIX:
            return _rows(question, identity, speech, typed, wrong, seed)
        case Kind.RANKING:
            return _places(question, identity, speech, typed, wrong, seed)
        case Kind.CONTACT:
            return tuple(
                _contact(question, one, identity, speech, typed, wrong)
                for one in question.fields
            )
        case _:
            return ()


def _rows(
    question: Question,
    identity: str,
    speech: Speech,
    typed: Values,
    wrong: str,
    seed: int,
) -> tuple[Line, ...]:
    return tuple(
        Line(
            id=f"{identity}-{row.key}",
            name=part_name(question.key, row.key),
            label=speech.inline(row.label) or row.key,
            wrong=row.key == wrong,
            options=tuple(
                _choice(choice, f"{identity}-{row.key}", speech, typed.get(row.key, ()))
                for choice in question.choices
            ),
        )
        for row in ordering.rows(question, seed)
    )


def _places(
    question: Question,
    identity: str,
    speech: Speech,
    typed: Values,
    wrong: str,
    seed: int,
) -> tuple[Line, ...]:
    return tuple(
        Line(
            id=f"{identity}-{choice.key}",
            name=part_name(question.key, choice.key),
            label=speech.inline(choice.label) or choice.key,
            wrong=choice.key == wrong,
            options=tuple(
                Option(
                    id="",
                    value=str(place),
                    label=str(place),
                    checked=str(place) in typed.get(choice.key, ()),
                )
                for place in range(1, len(question.choices) + 1)
            ),
        )
        for choice in ordering.choices(question, seed)
    )


def _contact(
    question: Question,
    one: ContactField,
    identity: str,
    speech: Speech,
    typed: Values,
    wrong: str,
) -> Line:
    return Line(
        id=f"{identity}-{one.key}",
        name=part_name(question.key, one.key),
        label=speech.inline(one.label) or one.key,
        value=first(typed, one.key),
        type=TYPES.get(one.kind, "text"),
        autocomplete=AUTOCOMPLETE.get(one.key, BY_KIND.get(one.kind, "")),
        required=one.required,
        wrong=one.key == wrong,
    )


def first(typed: Values, part: str = "") -> str:
    values = typed.get(part, ())
    return values[0] if values else ""


def autocomplete(question: Question) -> str:
    """Of a line that asks for what browsers know of a person."""
    usual = BY_KIND.get(question.kind, "")
    if question.kind is Kind.SHORT_TEXT:
        return AUTOCOMPLETE.get(question.key, "")
    return usual if question.kind in LINE_LENGTHS else ""
