"""The one rule language: skip logic, mapping conditions and trigger filters.

A rule is checked when it is saved; when it is asked it answers true or false and
never raises, whatever it is given.
"""

from surveys.conditions.asking import Reader, holds
from surveys.conditions.checking import (
    NameInfo,
    Names,
    ValueType,
    check,
    look_up,
    names_of,
    ops_for,
)
from surveys.conditions.rules import (
    PRESENCE,
    SEVERAL,
    SOURCES,
    All,
    Any_,
    Comparison,
    Condition,
    ConditionError,
    Not,
    Op,
    Source,
    comparisons,
    parse,
    to_document,
)
from surveys.conditions.values import is_blank

__all__ = [
    "PRESENCE",
    "SEVERAL",
    "SOURCES",
    "All",
    "Any_",
    "Comparison",
    "Condition",
    "ConditionError",
    "NameInfo",
    "Names",
    "Not",
    "Op",
    "Reader",
    "Source",
    "ValueType",
    "check",
    "comparisons",
    "holds",
    "is_blank",
    "look_up",
    "names_of",
    "ops_for",
    "parse",
    "to_document",
]
