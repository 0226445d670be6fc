"""The list of surveys: what a designer wants to know of each at a glance.

The counts come as part of the list's own query, whatever its length. Responses are
a room above: they are read by the name of the relation, and not imported.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.formats import date_format

from surveys.models import Survey


def with_counts(surveys: QuerySet[Survey], *, now: datetime) -> QuerySet[Survey]:
    midnight = timezone.localtime(now).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    real = Q(responses__is_test=False)
    completed = real & Q(responses__completed_at__isnull=False)
    return surveys.annotate(
        question_count=_counted(Count("pages__questions")),
        responses_today=_counted(
            Count("responses", filter=real & Q(responses__completed_at__gte=midnight))
        ),
        responses_completed=_counted(Count("responses", filter=completed)),
        responses_started=_counted(Count("responses", filter=real)),
        last_response=_counted(Max("responses__completed_at", filter=real)),
    )


def _counted(what: Combinable) -> Subquery:
    """On its own: joined, one count would multiply another."""
    rows = Survey.objects.filter(pk=OuterRef("pk")).order_by()
    return Subquery(rows.values("pk").annotate(found=what).values("found"))


def completion(survey: Survey) -> str:
    started = getattr(survey, "responses_started", 0)
    if not started:
        return "–"
    return f"{round(100 * getattr(survey, 'responses_completed', 0) / started)} %"


def last_response(survey: Survey) -> str:
    at = getattr(survey, "last_response", None)
    if at is None:
        return "–"
    return str(date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT"))
