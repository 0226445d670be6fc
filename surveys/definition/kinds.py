"""What the kinds of question allow, and what can be read from their answers.

A new kind starts with a row in each of these tables.
"""

from __future__ import annotations

from collections.abc import Mapping

from surveys.conditions import NameInfo, ValueType
from surveys.definition.shape import Kind, Question

NPS_MIN, NPS_MAX = 0, 10
NPS_GROUPS = ("promoter", "passive", "detractor")
RATING_MIN, RATING_MAX = 1, 5
# The widest rating: beyond it nobody can tell two neighbours apart.
WIDEST_RATING = 20
TEXT_LENGTHS: Mapping[Kind, int] = {Kind.SHORT_TEXT: 255, Kind.LONG_TEXT: 10_000}
LONGEST_TEXT = 50_000

ENDS = frozenset({"min", "max"})
END_LABELS = frozenset({"min_label", "max_label"})
OPTIONS: Mapping[Kind, frozenset[str]] = {
    Kind.NPS: END_LABELS,
    Kind.RATING: ENDS | END_LABELS,
    Kind.SINGLE_CHOICE: frozenset({"choices"}),
    Kind.MULTIPLE_CHOICE: frozenset({"choices"}),
    Kind.SHORT_TEXT: frozenset({"max_length"}),
    Kind.LONG_TEXT: frozenset({"max_length"}),
    Kind.STATEMENT: frozenset(),
}

# Name and type of each facet, the one that is meant when none is named first.
FACETS: Mapping[Kind, tuple[tuple[str, ValueType], ...]] = {
    Kind.NPS: (("value", "number"), ("group", "text"), ("normalised", "number")),
    Kind.RATING: (
        ("value", "number"),
        ("label", "text"),
        ("top_box", "boolean"),
        ("top_2_box", "boolean"),
    ),
    Kind.SINGLE_CHOICE: (("key", "text"), ("label", "text"), ("score", "number")),
    Kind.MULTIPLE_CHOICE: (("keys", "list"), ("labels", "text"), ("count", "number")),
    Kind.SHORT_TEXT: (("value", "text"),),
    Kind.LONG_TEXT: (("value", "text"),),
    Kind.STATEMENT: (),
}


def facet_types(question: Question) -> dict[str, ValueType]:
    types = dict(FACETS[question.kind])
    if question.kind is Kind.MULTIPLE_CHOICE:
        types |= {f"has:{choice.key}": "boolean" for choice in question.choices}
    return types


def name_info(question: Question) -> NameInfo | None:
    """What a rule can ask of the question; None where there is no answer."""
    facets = {
        name: NameInfo(type=type_, choices=_choices(question, name))
        for name, type_ in facet_types(question).items()
    }
    if not facets:
        return None
    default = next(iter(facets.values()))
    return NameInfo(type=default.type, choices=default.choices, facets=facets)


def _choices(question: Question, facet: str) -> tuple[str, ...]:
    if facet in {"key", "keys"}:
        return tuple(choice.key for choice in question.choices)
    return NPS_GROUPS if facet == "group" else ()
