"""Owns how long a survey takes, measured from those who have answered it."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median

from deployments.models import Deployment
from responses.models import Response

# Fewer say too little, and the latest say what the survey is like now.
FEWEST = 5
LATEST = 200
# Whoever goes away in between does not say how long it takes.
LONGEST = timedelta(hours=1)
# The sweep comes every minute; what it missed is measured with the next response.
SINCE = timedelta(minutes=10)


def measure(*, now: datetime) -> int:
    """Measure anew where somebody has just answered; return how many deployments."""
    answered = (
        Response.objects.filter(
            status=Response.Status.COMPLETED, completed_at__gt=now - SINCE
        )
        .exclude(deployment=None)
        .order_by()
        .values_list("deployment", flat=True)
        .distinct()
    )
    return sum(_measure(deployment) for deployment in list(answered) if deployment)


def _measure(deployment: int) -> bool:
    rows = Response.objects.filter(
        deployment=deployment,
        status=Response.Status.COMPLETED,
        is_test=False,
        is_anonymous=False,
    ).order_by("-completed_at")
    taken = [
        (ended - began).total_seconds()
        for began, ended in rows.values_list("started_at", "completed_at")[:LATEST]
        if ended is not None and timedelta() < ended - began <= LONGEST
    ]
    if len(taken) < FEWEST:
        return False
    seconds = round(median(taken))
    Deployment.objects.filter(pk=deployment).update(usual_seconds=seconds)
    return True


def minutes(seconds: int | None) -> int:
    """In whole minutes, rounded up; 0 where nobody knows."""
    return -(-seconds // 60) if seconds else 0
