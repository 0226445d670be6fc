"""Owns which answers a value source can give, for the rows of a value table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from crm_mappings.plan.schema import FieldSchema
from surveys.answers import other_label
from surveys.definition import OTHER, Definition, Kind, Question, facet_types, say

MOST = 25


def answers(
    definition: Definition | None, source: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """Return (answer as the table knows it, label); empty when they are not few."""
    if definition is None or "question" not in source:
        return ()
    question = definition.question(str(source["question"]))
    if question is None:
        return ()
    return _of(question, source.get("facet"), definition.default_language)


def _of(
    question: Question, facet: str | None, language: str
) -> tuple[tuple[str, str], ...]:
    choices = [(c.key, say(c.label, language, language)) for c in question.choices]
    named = facet or next(iter(facet_types(question)), "")
    if named in {"key", "keys", "first"} or named.startswith("key:"):
        written = [(OTHER, other_label(question, language))] if question.other else []
        return tuple(choices + written)
    if named.startswith("label:") or (named == "label" and choices):
        return tuple((label, label) for _key, label in choices)
    match question.kind, facet:
        case Kind.CONSENT, None | "value":
            return (("true", _("yes")), ("false", _("no")))
        case Kind.NPS, "group":
            return (
                ("promoter", _("Promoter")),
                ("passive", _("Passive")),
                ("detractor", _("Detractor")),
            )
        case ((Kind.NPS | Kind.RATING), None | "value"):
            return _numbers(question)
    return ()


def _numbers(question: Question) -> tuple[tuple[str, str], ...]:
    low, high = question.min, question.max
    if low is None or high is None or high - low >= MOST:
        return ()
    return tuple((str(number), str(number)) for number in range(low, high + 1))


def matched(known: tuple[tuple[str, str], ...], field: FieldSchema) -> dict[str, str]:
    """Return answer → picklist value for those that are called the same."""
    by_name = {
        name.casefold(): value.value
        for value in field.picklist
        if value.active
        for name in (value.label, value.value)
    }
    found = (
        (answer, by_name.get(label.casefold()) or by_name.get(answer.casefold()))
        for answer, label in known
    )
    return {answer: value for answer, value in found if value}
