"""Owns what other rooms must know of responses: who is half way, and stays on the
version that was begun; whether a question has been answered; who came by himself."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from deployments.models import Deployment
from responses.models import Response
from surveys.models import Survey


def unfinished(survey: Survey) -> dict[int, int]:
    """Count the responses that are not completed, by version id."""
    rows = Response.objects.filter(survey=survey, status=Response.Status.IN_PROGRESS)
    counted = rows.values_list("version_id").annotate(Count("pk")).order_by()
    return dict(counted)


def is_answered(survey: Survey, question: str) -> bool:
    return Response.objects.filter(survey=survey, answers__has_key=question).exists()


def visits(deployment: Deployment) -> QuerySet[Response]:
    """Those who came through an open door of the deployment, and did not try it out."""
    return Response.objects.filter(
        deployment=deployment, invitation=None, is_test=False
    )
