"""Owns the score of a response: the answer to the question that says, at a glance, how
it went."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.definition import Definition, Kind, Question


def scoring(definition: Definition) -> tuple[Question, ...]:
    """The questions that can give the score: every NPS question, then every rating."""
    asked = list(definition.questions())
    return tuple(
        question
        for kind in (Kind.NPS, Kind.RATING)
        for question in asked
        if question.kind is kind
    )


def scored(definition: Definition, answers: Mapping[str, object]) -> Question | None:
    """The question that gave the score: the first of them that was answered."""
    answered = (one for one in scoring(definition) if answers.get(one.key) is not None)
    return next(answered, None)


def score(definition: Definition, answers: Mapping[str, object]) -> int | None:
    question = scored(definition, answers)
    value = answers.get(question.key) if question else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
