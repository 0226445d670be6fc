"""Owns the document of a limit that holds for more than one deployment: what export,
git and `apply` read and write. A limit of one deployment stands in its document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from deployments.models import Cap
from surveys import row_documents
from surveys.definition import Problem
from surveys.keys import propose
from surveys.models import Survey
from surveys.row_documents import DocumentRefused

COLUMNS = row_documents.columns(Cap, ())


def limit_document(limit: Cap) -> dict[str, Any]:
    """The limit as a document; `save_document` of it changes nothing."""
    document = {"key": limit.key, **row_documents.write(limit, COLUMNS)}
    if limit.survey is not None:
        document["survey"] = limit.survey.key
    return document


@transaction.atomic
def save_document(*, document: object) -> Cap:
    """Create or update the document's limit. Raises `DocumentRefused`."""
    if not isinstance(document, Mapping):
        text = _("A limit document is an object with key, name, most and days.")
        raise DocumentRefused([Problem("", text)])
    values, problems = row_documents.read(document, COLUMNS, beside={"survey"})
    if not document.get("key"):
        problems.append(Problem("key", _("This is missing.")))
    survey = None
    if wanted := document.get("survey"):
        wanted = str(wanted)[:50].replace("\x00", "")
        survey = Survey.objects.filter(key=wanted).first()
        if survey is None:
            text = _("There is no survey with the key “%(key)s”.")
            problems.append(Problem("survey", text % {"key": wanted}))
    if problems:
        raise DocumentRefused(problems)
    key = values.pop("key")
    limit, _made = Cap.objects.update_or_create(
        key=key, defaults={**values, "survey": survey}
    )
    return limit


def free_key(name: str) -> str:
    taken = set(Cap.objects.values_list("key", flat=True))
    return propose(name, taken, fallback="limit", separator="-", longest=50)
