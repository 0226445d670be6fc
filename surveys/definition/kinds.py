"""What the kinds of question allow, and what can be read from their answers.

A new kind starts with a row in each of these tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from surveys.conditions import NameInfo, ValueType
from surveys.definition.shape import Kind, Question

NPS_MIN, NPS_MAX = 0, 10
NPS_GROUPS = ("promoter", "passive", "detractor")
RATING_MIN, RATING_MAX = 1, 5
# The widest rating: beyond it nobody can tell two neighbours apart.
WIDEST_RATING = 20
# Pictures stand for steps that can be counted at a glance.
MOST_ICONS = 10
ICONS = ("numbers", "stars", "faces")
DISPLAYS = ("list", "dropdown", "image")
MOST_COLUMNS = 4
TEXT_LENGTHS: Mapping[Kind, int] = {Kind.SHORT_TEXT: 255, Kind.LONG_TEXT: 10_000}
LONGEST_TEXT = 50_000
LONGEST_PATTERN = 200
# What people type of each kind is no longer.
LINE_LENGTHS: Mapping[Kind, int] = {
    Kind.SHORT_TEXT: 255,
    Kind.EMAIL: 254,
    Kind.PHONE: 16,
    Kind.URL: 2_000,
}
LONGEST_OTHER = 255
# Numbers have this many digits at most, and so many of them behind the point.
DIGITS = 15
DECIMALS = 6
HIGHEST_NUMBER = 10**DIGITS - 1
SLIDER_MIN, SLIDER_MAX, SLIDER_STEP = 0.0, 100.0, 1.0
MOST_STEPS = 1_000
FIRST_DATE, LAST_DATE = "1700-01-01", "4000-12-31"
FILE_TYPES = ("image", "pdf", "document", "spreadsheet", "text", "audio", "video")
USUAL_FILE_TYPES = ("image", "pdf")
# In megabytes.
FILE_SIZE, LARGEST_FILE = 10, 50
CONTACT_KINDS = (Kind.SHORT_TEXT, Kind.EMAIL, Kind.PHONE, Kind.URL)

LINES = frozenset({Kind.EMAIL, Kind.PHONE, Kind.URL})
NUMBERS = frozenset({Kind.NUMBER, Kind.SLIDER})
MOMENTS = frozenset({Kind.DATE, Kind.TIME, Kind.DATETIME})
CHOOSING = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE})

ENDS = frozenset({"min", "max"})
END_LABELS = frozenset({"min_label", "max_label"})
TEXT_OPTIONS = frozenset({"max_length", "pattern", "pattern_hint"})
NUMBER_OPTIONS = frozenset({"min", "max", "step", "unit"})
CHOICE_OPTIONS = frozenset({"choices", "other", "other_label", "columns", "random"})
SPAN = frozenset({"earliest", "latest"})
OPTIONS: Mapping[Kind, frozenset[str]] = {
    Kind.NPS: END_LABELS,
    Kind.RATING: ENDS | END_LABELS | {"icons"},
    Kind.SINGLE_CHOICE: CHOICE_OPTIONS | {"display"},
    Kind.MULTIPLE_CHOICE: CHOICE_OPTIONS,
    Kind.MATRIX: frozenset({"rows", "choices", "random"}),
    Kind.RANKING: frozenset({"choices", "random"}),
    Kind.SHORT_TEXT: TEXT_OPTIONS,
    Kind.LONG_TEXT: frozenset({"max_length"}),
    Kind.NUMBER: NUMBER_OPTIONS,
    Kind.SLIDER: NUMBER_OPTIONS | END_LABELS,
    Kind.EMAIL: frozenset(),
    Kind.PHONE: frozenset(),
    Kind.URL: frozenset(),
    Kind.DATE: SPAN,
    Kind.TIME: SPAN,
    Kind.DATETIME: SPAN,
    Kind.CONTACT: frozenset({"fields"}),
    Kind.CONSENT: frozenset(),
    Kind.FILE: frozenset({"max_size", "types"}),
    Kind.STATEMENT: frozenset(),
}
# What a draft keeps with the question itself; choices are rows of their own.
STORED_OPTIONS = tuple(sorted(frozenset().union(*OPTIONS.values()) - {"choices"}))

# Name and type of each facet, the one that is meant when none is named first.
Facets = tuple[tuple[str, ValueType], ...]
VALUE: Facets = (("value", "text"),)
FACETS: Mapping[Kind, Facets] = {
    Kind.NPS: (("value", "number"), ("group", "text"), ("normalised", "number")),
    Kind.RATING: (
        ("value", "number"),
        ("label", "text"),
        ("weight", "number"),
        ("top_box", "boolean"),
        ("top_2_box", "boolean"),
    ),
    Kind.SINGLE_CHOICE: (("key", "text"), ("label", "text"), ("score", "number")),
    Kind.MULTIPLE_CHOICE: (("keys", "list"), ("labels", "text"), ("count", "number")),
    Kind.MATRIX: (("count", "number"), ("mean", "number")),
    Kind.RANKING: (("first", "text"), ("keys", "list"), ("labels", "text")),
    Kind.SHORT_TEXT: VALUE,
    Kind.LONG_TEXT: VALUE,
    Kind.NUMBER: (("value", "number"),),
    Kind.SLIDER: (("value", "number"),),
    Kind.EMAIL: (*VALUE, ("domain", "text")),
    Kind.PHONE: VALUE,
    Kind.URL: VALUE,
    Kind.DATE: (("value", "date"),),
    Kind.TIME: (("value", "time"),),
    Kind.DATETIME: (("value", "date"),),
    Kind.CONTACT: (),
    Kind.CONSENT: (("value", "boolean"),),
    Kind.FILE: (("name", "text"), ("url", "text"), ("id", "text")),
    Kind.STATEMENT: (),
}


def facet_types(question: Question) -> dict[str, ValueType]:
    return dict((*FACETS[question.kind], *_own_facets(question)))


def _own_facets(question: Question) -> Iterator[tuple[str, ValueType]]:
    """The facets that a question has for each of its parts."""
    match question.kind:
        case Kind.MULTIPLE_CHOICE:
            for key in question.choice_keys:
                yield f"has:{key}", "boolean"
        case Kind.RANKING:
            for choice in question.choices:
                yield f"rank:{choice.key}", "number"
        case Kind.MATRIX:
            for row in question.rows:
                yield f"key:{row.key}", "text"
                yield f"label:{row.key}", "text"
                yield f"score:{row.key}", "number"
        case Kind.CONTACT:
            for one in question.fields:
                yield one.key, "text"
    if question.other:
        yield "other", "text"


def name_info(question: Question) -> NameInfo | None:
    """What a rule can ask of the question; None where there is no answer."""
    facets = {
        name: _info(question, name, type_)
        for name, type_ in facet_types(question).items()
    }
    if not facets:
        return None
    default = next(iter(facets.values()))
    return NameInfo(
        type=default.type,
        choices=default.choices,
        low=default.low,
        high=default.high,
        facets=facets,
    )


def _info(question: Question, facet: str, type_: ValueType) -> NameInfo:
    low, high = _range(question, facet)
    return NameInfo(type=type_, choices=_choices(question, facet), low=low, high=high)


def _choices(question: Question, facet: str) -> tuple[str, ...]:
    if question.kind is Kind.NPS:
        return NPS_GROUPS if facet == "group" else ()
    if question.kind is Kind.CONTACT:
        return ()
    chosen = facet in {"key", "keys", "first"} or facet.startswith("key:")
    return question.choice_keys if chosen else ()


def _range(question: Question, facet: str) -> tuple[float | None, float | None]:
    """Between which numbers the facet lies, where that is known."""
    if facet == "value" and question.kind in {Kind.NPS, Kind.RATING}:
        return question.min, question.max
    if facet == "value" and question.kind in NUMBERS:
        return question.low, question.high
    if facet == "weight":
        return 0, 1
    if facet.startswith("rank:"):
        return 1, len(question.choices)
    return None, None
