"""Owns how the API of every room refuses a document: each mistake at its place, or that
it does not fit what is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError


class Mistake(Protocol):
    @property
    def path(self) -> str: ...

    @property
    def message(self) -> str: ...


class Conflict(APIException):
    """The request is well-formed but does not fit the state of things."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def invalid(problems: Iterable[Mistake]) -> ValidationError:
    """Return all that is wrong in a document, each at its place."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.path or "non_field_errors", []).append(problem.message)
    return ValidationError(found)
