"""From what a form sends to the canonical answer, and from it to its facets."""

from surveys.answers.checking import check
from surveys.answers.facets import (
    Facet,
    example,
    facet,
    facets,
    other_label,
    written_in,
)
from surveys.answers.raw import Raw, Values, parts, to_raw, values_of
from surveys.answers.verdict import Answer, AnswerProblem, Checked, Code

__all__ = [
    "Answer",
    "AnswerProblem",
    "Checked",
    "Code",
    "Facet",
    "Raw",
    "Values",
    "check",
    "example",
    "facet",
    "facets",
    "other_label",
    "parts",
    "to_raw",
    "values_of",
    "written_in",
]
