"""Owns why a value cannot be written to a field, and how it is shown in words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from surveys.conditions.values import number
from surveys.wording import quoted

SEPARATOR: Final = ";"
SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueProblem:
    """Why a value cannot be written to a field."""

    code: str
    message: str


class RefusedValueError(ValueError):
    """Raised on the way to a `ValueProblem`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = ValueProblem(code=code, message=message)


def as_text(value: object) -> str:
    """Return how a value reads in a text: lists joined by semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return SEPARATOR.join(as_text(part) for part in value)
    if isinstance(value, float):
        exact = number(value)
        return "" if exact is None else f"{_plain(exact):f}"
    return str(value)


def shown(value: object) -> str:
    text = " ".join(as_text(value).split())
    return quoted(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def _plain(exact: Decimal) -> Decimal:
    return Decimal(int(exact)) if exact == exact.to_integral_value() else exact
