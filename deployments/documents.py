"""Owns the deployment document: what export, git and `apply` read and write.

Whether it is live is no part of it: going live is an act, with checks of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from deployments import limit_documents
from deployments.emails import unknown_fields, variables_of
from deployments.models import Cap, Deployment
from deployments.rules.coherence import contradictions, misshapen
from surveys import row_documents
from surveys.definition import Problem
from surveys.models import Survey
from surveys.row_documents import DocumentRefused
from surveys.sharing import seen
from surveys.texts import tidy

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
    written = row_documents.write(deployment, columns_of())
    document = {"key": deployment.key, "survey": deployment.survey.key, **written}
    for name, model in PARTS.items():
        rows = _rows(deployment, name)
        if rows:
            columns = columns_of_part(model)
            document[name] = [_written(row, columns) for row in rows]
    return document


@transaction.atomic
def save_document(*, document: object, only_new: bool = False) -> Deployment:
    """Create or update the document's deployment. Raises `DocumentRefused`, and
    `KeyTaken` when only a new one is wanted."""
    if not isinstance(document, Mapping):
        raise DocumentRefused(
            [Problem("", _("A deployment document is an object with key and survey."))]
        )
    values, problems = row_documents.read(
        document, columns_of(), beside={"survey", *PARTS}
    )
    survey = _survey(document.get("survey"), problems)
    problems += _senseless(values, survey)
    parts = {name: _parts(document, name, survey, problems) for name in PARTS}
    if problems or survey is None:
        raise DocumentRefused(problems)
    deployment = _kept(values, survey, only_new=only_new)
    for name, rows in parts.items():
        _save_parts(deployment, name, rows)
    return deployment


def _survey(key: object, problems: list[Problem]) -> Survey | None:
    """One that the call may see: of another, nothing is said."""
    given = tidy(str(key or ""))[:80]
    survey = seen(Survey.objects.filter(key=given)).first()
    if survey is None:
        message = _("There is no survey with the key “%(key)s”.")
        problems.append(Problem("survey", message % {"key": given}))
    return survey


def _senseless(values: Mapping[str, Any], survey: Survey | None) -> Iterator[Problem]:
    found = list(misshapen(values))
    if survey is not None and not found:
        declared = {one["key"] for one in survey.variables}
        found += contradictions(values, declared=declared)
    if survey is not None and not found:
        found += _no_mail_fills(values, survey)
    return (Problem(name, message) for name, message in found)


def _no_mail_fills(
    values: Mapping[str, Any], survey: Survey
) -> Iterator[tuple[str, str]]:
    known = [one["key"] for one in variables_of(Deployment(survey=survey))]
    for name in ("subject", "body"):
        for code, text in values.get(name, {}).items():
            for unknown in unknown_fields(text, known)[:1]:
                message = _("No mail can fill {{ %(name)s }}.")
                yield f"{name}.{code}", message % {"name": unknown[:50]}


def _kept(values: dict[str, Any], survey: Survey, *, only_new: bool) -> Deployment:
    key = values.pop("key")
    defaults = {**values, "survey": survey}
    moves = Deployment.objects.filter(key=key).exclude(survey=survey)
    if not only_new and moves.filter(invitations__isnull=False).exists():
        message = _("It has asked people already: its survey stays what it is.")
        raise DocumentRefused([Problem("survey", message)])
    return row_documents.keep(Deployment.objects, defaults, key=key, only_new=only_new)


def _parts(
    document: Mapping[str, Any],
    name: str,
    survey: Survey | None,
    problems: list[Problem],
) -> list[dict[str, Any]]:
    given = document.get(name, [])
    if not isinstance(given, list) or not all(
        isinstance(one, Mapping) for one in given
    ):
        problems.append(Problem(name, _("This must be a list of objects.")))
        return []
    rows = []
    for place, one in enumerate(given):
        path = f"{name}[{place}]."
        read = limit_documents.read if name == "caps" else row_documents.read
        values, wrong = read(one, columns_of_part(PARTS[name]), path)
        inside = _senseless(values, survey)
        wrong += [Problem(f"{path}{each.path}", each.message) for each in inside]
        problems += wrong
        rows.append(values)
    return rows


def _written(row: models.Model, columns: list[row_documents.Column]) -> dict[str, Any]:
    if isinstance(row, Cap):
        return limit_documents.write(row, columns)
    return row_documents.write(row, columns)


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


def columns_of() -> list[row_documents.Column]:
    return row_documents.columns(Deployment, NOT_SAID)


def columns_of_part(model: type[models.Model]) -> list[row_documents.Column]:
    """A part is known by its place, whatever key its kind has elsewhere."""
    besides = limit_documents.SAID_BY_UNIT if model is Cap else frozenset()
    return row_documents.columns(model, NOT_SAID | {"key"} | besides)
