"""Owns the responses that a mapping is tried with: a chosen one, the latest, or one
that nobody gave."""

from __future__ import annotations

import uuid
from collections.abc import Mapping as Dict
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from crm_mappings.models import Mapping
from crm_mappings.plan.schema import is_id
from responses.models import Response
from surveys import answers, logic, publishing

MOST = 20
SPENT = timedelta(seconds=90)


def latest(mapping: Mapping, most: int = MOST) -> list[Response]:
    """Return the responses that were completed last, newest first."""
    done = Response.objects.filter(
        survey=mapping.survey, status=Response.Status.COMPLETED
    )
    rows = done.select_related("invitation", "version", "deployment", "survey")
    return list(rows.order_by("-completed_at")[:most])


def find(mapping: Mapping, key: str) -> Response | None:
    try:
        wanted = uuid.UUID(key)
    except ValueError:
        return None
    rows = Response.objects.filter(survey=mapping.survey, key=wanted)
    return rows.select_related("invitation", "version", "deployment", "survey").first()


def made_up(
    mapping: Mapping, references: Dict[str, str], now: datetime
) -> Response | None:
    """Return a response that nobody gave: an example answer to each question."""
    version = mapping.survey.live_version
    if version is None:
        return None
    definition = publishing.compiled(version.pk)
    given = {one.key: answers.example(one) for one in definition.questions()}
    asked = {key: value for key, value in given.items() if value is not None}
    variables = {one.key: _("Example") for one in definition.variables}
    return Response(
        survey=mapping.survey,
        version=version,
        status=Response.Status.COMPLETED,
        answers=logic.reachable_answers(definition, asked, variables),
        variables=variables,
        records={name: id_ for name, id_ in references.items() if is_id(id_)},
        language=definition.default_language,
        started_at=now - SPENT,
        updated_at=now,
        completed_at=now,
    )


def references(document: Dict[str, Any]) -> list[str]:
    """Return the record references that a mapping reads."""
    sources = [
        source
        for step in document["steps"]
        for source in (*step["find"], *(rule["value"] for rule in step["fields"]))
    ]
    inner = [source["value"] for source in sources if "value" in source]
    names = [source["record"] for source in (*sources, *inner) if "record" in source]
    return list(dict.fromkeys(names))
