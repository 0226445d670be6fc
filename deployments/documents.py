"""Owns the deployment document: what export, git and `apply` read and write.

Whether it is live is no part of it: going live is an act, with checks of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from deployments.models import Deployment
from surveys import row_documents
from surveys.definition import Problem
from surveys.models import Survey
from surveys.row_documents import DocumentRefused

NOT_SAID = frozenset({"status"})
# Lists of what belongs to a deployment: not what happened to it.
OWNED = frozenset({"triggers", "follow_ups", "lists", "caps"})
PARTS: dict[str, type[models.Model]] = {
    relation.name: relation.related_model
    for relation in Deployment._meta.related_objects  # noqa: SLF001 - Django's own way
    if relation.name in OWNED
}


def deployment_document(deployment: Deployment) -> dict[str, Any]:
    """The deployment as a document; `save_document` of it changes nothing."""
    written = row_documents.write(deployment, _columns(Deployment))
    document = {"key": deployment.key, "survey": deployment.survey.key, **written}
    for name, model in PARTS.items():
        rows = _rows(deployment, name)
        if rows:
            columns = _part_columns(model)
            document[name] = [row_documents.write(row, columns) for row in rows]
    return document


@transaction.atomic
def save_document(*, document: object) -> Deployment:
    """Create or update the document's deployment. Raises `DocumentRefused`."""
    if not isinstance(document, Mapping):
        raise DocumentRefused(
            [Problem("", _("A deployment document is an object with key and survey."))]
        )
    values, problems = row_documents.read(
        document, _columns(Deployment), beside={"survey", *PARTS}
    )
    survey = Survey.objects.filter(key=str(document.get("survey", ""))).first()
    if survey is None:
        message = _("There is no survey with the key “%(key)s”.")
        given = str(document.get("survey", ""))[:80]
        problems.append(Problem("survey", message % {"key": given}))
    parts = {name: _parts(document, name, problems) for name in PARTS}
    if problems or survey is None:
        raise DocumentRefused(problems)
    key = values.pop("key")
    deployment, _made = Deployment.objects.update_or_create(
        key=key, defaults={**values, "survey": survey}
    )
    for name, rows in parts.items():
        _save_parts(deployment, name, rows)
    return deployment


def _parts(
    document: Mapping[str, Any], name: str, problems: list[Problem]
) -> list[dict[str, Any]]:
    given = document.get(name, [])
    if not isinstance(given, list) or not all(
        isinstance(one, Mapping) for one in given
    ):
        problems.append(Problem(name, _("This must be a list of objects.")))
        return []
    rows = []
    for place, one in enumerate(given):
        values, wrong = row_documents.read(
            one, _part_columns(PARTS[name]), f"{name}[{place}]."
        )
        problems += wrong
        rows.append(values)
    return rows


def _save_parts(
    deployment: Deployment, name: str, documents: list[dict[str, Any]]
) -> None:
    """In their order: a row that stays keeps what was decided by it."""
    model, rows = PARTS[name], _rows(deployment, name)
    for row, values in zip(rows, documents, strict=False):
        model._default_manager.filter(pk=row.pk).update(**values)  # noqa: SLF001
    for row in rows[len(documents) :]:
        row.delete()
    for values in documents[len(rows) :]:
        model._default_manager.create(deployment=deployment, **values)  # noqa: SLF001


def _rows(deployment: Deployment, name: str) -> list[models.Model]:
    return list(getattr(deployment, name).order_by("pk"))


def _columns(model: type[models.Model]) -> list[row_documents.Column]:
    return row_documents.columns(model, NOT_SAID)


def _part_columns(model: type[models.Model]) -> list[row_documents.Column]:
    """A part is known by its place, whatever key its kind has elsewhere."""
    return row_documents.columns(model, NOT_SAID | {"key"})
