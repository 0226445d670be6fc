"""Owns how the API of every room refuses a document: each mistake at its place, or that
it does not fit what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from surveys.definition import DefinitionError
from surveys.row_documents import DocumentRefused, KeyTaken


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


@contextmanager
def refused() -> Iterator[None]:
    """Let a document be saved; what refuses it becomes a problem of the API."""
    try:
        yield
    except (DefinitionError, DocumentRefused) as error:
        raise invalid(error.problems) from error
    except KeyTaken as error:
        text = _("There is one with the key “%(key)s” already. Change it by PUT.")
        raise Conflict(text % {"key": error}) from error
