"""What a form sends for a question: the values of its one input, or those of each
of its parts by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TypeAlias

from surveys.answers.numbers import written
from surveys.definition import OTHER, Kind, Question
from surveys.texts import tidy

# Part -> its values; the question's own input is the part "".
Values: TypeAlias = Mapping[str, Sequence[str]]
Raw: TypeAlias = Sequence[str] | Values


def parts(question: Question) -> tuple[str, ...]:
    """The inputs that a question has beside its own, or instead of it."""
    match question.kind:
        case Kind.SINGLE_CHOICE | Kind.MULTIPLE_CHOICE:
            return (OTHER,) if question.other else ()
        case Kind.MATRIX:
            return tuple(row.key for row in question.rows)
        case Kind.RANKING:
            return tuple(choice.key for choice in question.choices)
        case Kind.CONTACT:
            return tuple(one.key for one in question.fields)
        case _:
            return ()


def values_of(raw: Raw) -> Values:
    return raw if isinstance(raw, Mapping) else {"": raw}


def said(raw: Raw) -> dict[str, list[str]]:
    """What is left of each part without blanks; parts that say nothing are gone."""
    tidied = {
        part: [text for value in values if (text := tidy(value))]
        for part, values in values_of(raw).items()
    }
    return {part: values for part, values in tidied.items() if values}


def to_raw(question: Question, answer: object) -> Values:
    """The form that gives this answer again; empty for what is none."""
    if answer is None or (isinstance(answer, float) and not isfinite(answer)):
        return {}
    if question.kind in {Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE}:
        return _chosen(answer if isinstance(answer, list | tuple) else [answer])
    if question.kind is Kind.RANKING and isinstance(answer, list | tuple):
        return {str(key): [str(rank)] for rank, key in enumerate(answer, 1)}
    if isinstance(answer, Mapping):
        return {str(part): [str(value)] for part, value in answer.items()}
    if isinstance(answer, bool):
        return {"": ["true"]} if answer else {}
    return {"": [written(answer) if isinstance(answer, float) else str(answer)]}


def _chosen(answers: Sequence[object]) -> dict[str, list[str]]:
    raw: dict[str, list[str]] = {"": []}
    for one in answers:
        if isinstance(one, Mapping):
            raw[""].append(OTHER)
            raw[OTHER] = [str(one.get(OTHER, ""))]
        else:
            raw[""].append(str(one))
    return raw
