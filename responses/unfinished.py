"""Owns how many responses are half way: they stay on the version they began."""

from __future__ import annotations

from django.db.models import Count

from responses.models import Response
from surveys.models import Survey


def unfinished(survey: Survey) -> dict[int, int]:
    """Count the responses that are not completed, by version id."""
    rows = Response.objects.filter(survey=survey, status=Response.Status.IN_PROGRESS)
    counted = rows.values_list("version_id").annotate(Count("pk")).order_by()
    return dict(counted)
