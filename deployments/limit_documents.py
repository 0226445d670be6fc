"""Owns the document of a limit: what export, git and `apply` read and write.

How far a limit looks back is said by its unit, such as `days: 90` or `hours: 12`. A
limit of one deployment stands in the deployment's document; this is also its form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from deployments.models import Cap
from deployments.rules.spans import UNITS
from surveys import row_documents
from surveys.definition import Problem
from surveys.keys import propose
from surveys.models import Survey
from surveys.row_documents import Column, DocumentRefused
from surveys.sharing import seen
from surveys.texts import tidy

SPAN: Column = Cap._meta.get_field("span")  # noqa: SLF001 - Django's own way
SAID_BY_UNIT = frozenset({"span", "unit"})
COLUMNS = row_documents.columns(Cap, SAID_BY_UNIT)


def limit_document(limit: Cap) -> dict[str, Any]:
    """The limit as a document; `save_document` of it changes nothing."""
    document = {"key": limit.key, **write(limit, COLUMNS)}
    if limit.survey is not None:
        document["survey"] = limit.survey.key
    return document


@transaction.atomic
def save_document(*, document: object, only_new: bool = False) -> Cap:
    """Create or update the document's limit. Raises `DocumentRefused`, and `KeyTaken`
    when only a new one is wanted."""
    if not isinstance(document, Mapping):
        text = _("A limit document is an object with key, name, most and days.")
        raise DocumentRefused([Problem("", text)])
    values, problems = read(document, COLUMNS, beside={"survey"})
    if not document.get("key"):
        problems.append(Problem("key", _("This is missing.")))
    survey = None
    if wanted := document.get("survey"):
        wanted = tidy(str(wanted))[:80]
        # One that the call may see: of another, nothing is said.
        survey = seen(Survey.objects.filter(key=wanted)).first()
        if survey is None:
            text = _("There is no survey with the key “%(key)s”.")
            problems.append(Problem("survey", text % {"key": wanted}))
    if problems:
        raise DocumentRefused(problems)
    key = values.pop("key")
    values["survey"] = survey
    return row_documents.keep(Cap.objects, values, key=key, only_new=only_new)


def write(limit: Cap, columns: Sequence[Column]) -> dict[str, Any]:
    """The fields that are not as they are by default."""
    document = row_documents.write(limit, columns)
    if limit.within != Cap().within:
        document[limit.unit] = limit.span
    return document


def read(
    document: Mapping[str, Any],
    columns: Sequence[Column],
    path: str = "",
    beside: Collection[str] = (),
) -> tuple[dict[str, Any], list[Problem]]:
    """Values for every field, and what is wrong."""
    values, problems = row_documents.read(document, columns, path, {*beside, *UNITS})
    usual = Cap().within
    values |= {"span": usual.amount, "unit": usual.unit}
    said = [unit for unit in UNITS if unit in document]
    for unit in said:
        found, wrong = row_documents.read({unit: document[unit]}, [_named(unit)], path)
        values |= {"span": found.get(unit), "unit": unit}
        problems += wrong
    if len(said) > 1:
        text = _("Say it once: in hours, days, weeks or months.")
        problems.append(Problem(f"{path}{said[-1]}", text))
    return values, problems


def free_key(name: str) -> str:
    taken = set(Cap.objects.values_list("key", flat=True))
    return propose(name, taken, fallback="limit", separator="-", longest=50)


def _named(unit: str) -> Column:
    """The column of the span, as the unit is called."""
    column = SPAN.clone()
    column.set_attributes_from_name(unit)
    return column
