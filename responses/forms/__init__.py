"""Owns what a page shows: a view model of each question, for templates that only
print it."""

from responses.forms.complaints import message
from responses.forms.names import (
    OWN_NAMES,
    field_name,
    is_flooded,
    part_name,
    raw_answers,
)
from responses.forms.sheet import Field, Sheet, missing_problems, sheet

__all__ = [
    "OWN_NAMES",
    "Field",
    "Sheet",
    "field_name",
    "is_flooded",
    "message",
    "missing_problems",
    "part_name",
    "raw_answers",
    "sheet",
]
