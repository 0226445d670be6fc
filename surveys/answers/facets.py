"""What can be read from an answer: its facets, each with a name and a type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from surveys.conditions import ValueType
from surveys.definition import OTHER, Kind, Question, Texts, facet_types, say
from surveys.wording import gettext as _
from surveys.wording import gettext_noop


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
    "weight": gettext_noop("Weight (0 for the lowest, 1 for the highest)"),
    "top_box": gettext_noop("Highest rating given"),
    "top_2_box": gettext_noop("One of the two highest ratings given"),
    "key": gettext_noop("Key of the choice"),
    "score": gettext_noop("Score of the choice"),
    "keys": gettext_noop("Keys of the choices"),
    "labels": gettext_noop("Labels, joined by ;"),
    "count": gettext_noop("How many were chosen"),
    "mean": gettext_noop("Mean of the scores"),
    "first": gettext_noop("Key of the best"),
    "domain": gettext_noop("Host of the address"),
    "name": gettext_noop("Name of the file"),
    "url": gettext_noop("Link to the file in Tellback"),
    "id": gettext_noop("The file itself"),
    "other": gettext_noop("What was written in"),
}
PART_LABELS: Mapping[str, str] = {
    "has": gettext_noop("Chosen: %(part)s"),
    "rank": gettext_noop("Place of %(part)s"),
    "key": gettext_noop("%(part)s: key of the choice"),
    "label": gettext_noop("%(part)s: label"),
    "score": gettext_noop("%(part)s: score"),
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
    kind, _colon, part = name.partition(":")
    if part:
        return _(PART_LABELS[kind]) % {"part": _part_label(question, part, language)}
    if question.kind is Kind.CONTACT:
        return _part_label(question, name, language)
    return _(LABELS[name])


def _part_label(question: Question, key: str, language: str) -> str:
    if key == OTHER and question.other:
        return other_label(question, language)
    found: Texts = {}
    for parts in (question.choices, question.rows, question.fields):
        found = next((one.label for one in parts if one.key == key), found)
    return say(found, language, language) or key


def other_label(question: Question, language: str) -> str:
    return say(question.other_label, language, language) or _("Other")


def example(question: Question) -> object:
    """A plausible answer, to show what a facet looks like."""
    keys = [choice.key for choice in question.choices]
    return EXAMPLES[question.kind](question, keys)


def _texts(question: Question, _keys: list[str]) -> object:
    return "Quick and friendly"[: question.max_length]


def _number(question: Question, _keys: list[str]) -> object:
    low = question.low if question.low is not None else question.high
    value = 42.0 if low is None else low
    return int(value) if value == int(value) else value


def _moment(question: Question, usual: str) -> str:
    if question.earliest and usual < question.earliest:
        return question.earliest
    return question.latest if question.latest and usual > question.latest else usual


LINE_EXAMPLES: Mapping[Kind, str] = {
    Kind.SHORT_TEXT: "Ada",
    Kind.EMAIL: "ada@example.com",
    Kind.PHONE: "+493012345678",
    Kind.URL: "https://example.com/",
}
EXAMPLES: Mapping[Kind, Callable[[Question, list[str]], object]] = {
    Kind.NPS: lambda question, _keys: (question.max or 1) - 1,
    Kind.RATING: lambda question, _keys: (question.max or 1) - 1,
    Kind.SINGLE_CHOICE: lambda question, keys: (
        {OTHER: "Something else"} if question.other else keys[0]
    ),
    Kind.MULTIPLE_CHOICE: lambda question, keys: (
        [*keys[:1], {OTHER: "Something else"}] if question.other else keys[:2]
    ),
    Kind.MATRIX: lambda question, keys: {row.key: keys[-1] for row in question.rows},
    Kind.RANKING: lambda _question, keys: keys,
    Kind.SHORT_TEXT: _texts,
    Kind.LONG_TEXT: _texts,
    Kind.NUMBER: _number,
    Kind.SLIDER: _number,
    Kind.EMAIL: lambda _question, _keys: LINE_EXAMPLES[Kind.EMAIL],
    Kind.PHONE: lambda _question, _keys: LINE_EXAMPLES[Kind.PHONE],
    Kind.URL: lambda _question, _keys: LINE_EXAMPLES[Kind.URL],
    Kind.DATE: lambda question, _keys: _moment(question, "2026-12-31"),
    Kind.TIME: lambda question, _keys: _moment(question, "13:45"),
    Kind.DATETIME: lambda question, _keys: _moment(question, "2026-12-31T13:45"),
    Kind.CONTACT: lambda question, _keys: {
        one.key: LINE_EXAMPLES[one.kind] for one in question.fields
    },
    Kind.CONSENT: lambda _question, _keys: True,
    Kind.FILE: lambda _question, _keys: {
        "id": "0b9f1c52-7a5e-4a43-9a67-3f3f2f3f7d11",
        "name": "receipt.pdf",
        "url": "https://tellback.example/admin/responses/upload/42/download/",
    },
    Kind.STATEMENT: lambda _question, _keys: None,
}


def facet(
    question: Question, answer: object, name: str | None, default_language: str
) -> object:
    """Read the answer; None when it is blank or the kind has no such facet."""
    named = name or next(iter(facet_types(question)), None)
    read = READERS.get(question.kind)
    if named is None or read is None:
        return None
    return read(question, answer, named, default_language)


def _whole(answer: object) -> int | None:
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else None


def _nps(_question: Question, answer: object, name: str, _language: str) -> object:
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


def _rating(question: Question, answer: object, name: str, language: str) -> object:
    value, top = _whole(answer), question.max
    if value is None or top is None:
        return None
    low = question.min or 0
    ends = {question.min: question.min_label, top: question.max_label}
    return {
        "value": value,
        "label": say(ends.get(value, {}), language, language) or str(value),
        "weight": round((value - low) / (top - low), 4) if top > low else None,
        "top_box": value >= top,
        "top_2_box": value >= top - 1,
    }.get(name)


def written_in(answer: object) -> str | None:
    """What stands in the write-in among the choices, or instead of one."""
    for one in answer if isinstance(answer, list | tuple) else [answer]:
        text = one.get(OTHER) if isinstance(one, Mapping) else None
        if isinstance(text, str) and text:
            return text
    return None


def _single(question: Question, answer: object, name: str, language: str) -> object:
    text = written_in(answer) if isinstance(answer, Mapping) else None
    if text is not None and question.other:
        return {"key": OTHER, "label": text, "other": text}.get(name)
    choice = question.choice(answer) if isinstance(answer, str) else None
    if choice is None:
        return None
    return {
        "key": choice.key,
        "label": say(choice.label, language, language),
        "score": choice.score,
    }.get(name)


def _several(question: Question, answer: object, name: str, language: str) -> object:
    if not isinstance(answer, list | tuple) or not answer:
        return None
    chosen = [choice for choice in question.choices if choice.key in answer]
    text = written_in(answer) if question.other else None
    keys = [*(choice.key for choice in chosen), *([OTHER] if text else [])]
    if name.startswith("has:"):
        key = name.removeprefix("has:")
        return key in keys if key in question.choice_keys else None
    labels = [say(one.label, language, language) for one in chosen]
    return {
        "keys": keys,
        "labels": ";".join([*labels, *([text] if text else [])]),
        "count": len(keys),
        "other": text,
    }.get(name)


def _matrix(question: Question, answer: object, name: str, language: str) -> object:
    if not isinstance(answer, Mapping):
        return None
    chosen = {
        row.key: choice
        for row in question.rows
        if isinstance(key := answer.get(row.key), str)
        and (choice := question.choice(key)) is not None
    }
    if name in {"count", "mean"}:
        scores = [one.score for one in chosen.values() if one.score is not None]
        mean = sum(scores) / len(scores) if scores else None
        return (len(chosen) or None) if name == "count" else mean
    kind, _colon, row = name.partition(":")
    choice = chosen.get(row)
    if choice is None:
        return None
    return {
        "key": choice.key,
        "label": say(choice.label, language, language),
        "score": choice.score,
    }.get(kind)


def _ranking(question: Question, answer: object, name: str, language: str) -> object:
    if not isinstance(answer, list | tuple):
        return None
    keys = [one for one in answer if isinstance(one, str) and question.choice(one)]
    if not keys:
        return None
    if name.startswith("rank:"):
        key = name.removeprefix("rank:")
        return keys.index(key) + 1 if key in keys else None
    labels = [_part_label(question, key, language) for key in keys]
    return {"first": keys[0], "keys": keys, "labels": ";".join(labels)}.get(name)


def _text(_question: Question, answer: object, name: str, _language: str) -> object:
    return answer if isinstance(answer, str) and answer and name == "value" else None


def _email(question: Question, answer: object, name: str, language: str) -> object:
    if name == "domain" and isinstance(answer, str):
        return answer.rpartition("@")[2] or None
    return _text(question, answer, name, language)


def _amount(_question: Question, answer: object, name: str, _language: str) -> object:
    fits = isinstance(answer, int | float) and not isinstance(answer, bool)
    return answer if fits and name == "value" else None


def _consent(_question: Question, answer: object, name: str, _language: str) -> object:
    return answer if isinstance(answer, bool) and name == "value" else None


def _contact(question: Question, answer: object, name: str, _language: str) -> object:
    if not isinstance(answer, Mapping):
        return None
    known = any(one.key == name for one in question.fields)
    text = answer.get(name)
    return text if known and isinstance(text, str) and text else None


def _file(_question: Question, answer: object, name: str, _language: str) -> object:
    """An answer holds the id alone; who knows the file gives its name and link."""
    known = answer if isinstance(answer, Mapping) else {"id": answer}
    text = known.get(name) if name in {"id", "name", "url"} else None
    return text if isinstance(text, str) and text else None


Reader = Callable[[Question, object, str, str], object]
READERS: Mapping[Kind, Reader] = {
    Kind.NPS: _nps,
    Kind.RATING: _rating,
    Kind.SINGLE_CHOICE: _single,
    Kind.MULTIPLE_CHOICE: _several,
    Kind.MATRIX: _matrix,
    Kind.RANKING: _ranking,
    Kind.SHORT_TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.NUMBER: _amount,
    Kind.SLIDER: _amount,
    Kind.EMAIL: _email,
    Kind.PHONE: _text,
    Kind.URL: _text,
    Kind.DATE: _text,
    Kind.TIME: _text,
    Kind.DATETIME: _text,
    Kind.CONTACT: _contact,
    Kind.CONSENT: _consent,
    Kind.FILE: _file,
}
