"""Owns what a survey's draft must know of responses: who is half way, and stays on the
version that was begun, and whether a question has been answered."""

from __future__ import annotations

from django.db.models import Count

from responses.models import Response
from surveys.models import Survey


def unfinished(survey: Survey) -> dict[int, int]:
    """Count the responses that are not completed, by version id."""
    rows = Response.objects.filter(survey=survey, status=Response.Status.IN_PROGRESS)
    counted = rows.values_list("version_id").annotate(Count("pk")).order_by()
    return dict(counted)


def is_answered(survey: Survey, question: str) -> bool:
    return Response.objects.filter(survey=survey, answers__has_key=question).exists()
