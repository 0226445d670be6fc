"""Owns how many responses a deployment takes: counted by conditional update, so that
no two who finish at once take the last place.

Counting begins when somebody completes for the first time under a limit, with what
is there, and never stops: a limit that is changed or set anew finds the right number.
"""

from __future__ import annotations

from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from deployments.models import Deployment
from responses.models import Response

# Stands where the key of a full quota stands; no key looks like it.
FULL = "*"


def are_gone(response: Response) -> bool:
    """Whether the deployment takes no more, as far as one can know before taking."""
    deployment = response.deployment
    if response.is_test or deployment is None or deployment.most_responses is None:
        return False
    full = Q(places_taken__gte=F("most_responses"))
    return Deployment.objects.filter(full, pk=deployment.pk).exists()


def take(response: Response) -> bool:
    """Take a place in the completing transaction; False: there is none left."""
    deployment = response.deployment
    if response.is_test or deployment is None:
        return True
    if deployment.most_responses is None and deployment.places_taken is None:
        return True
    rows = Deployment.objects.filter(pk=deployment.pk)
    rows.filter(places_taken=None).update(places_taken=_completed())
    free = Q(most_responses=None) | Q(places_taken__lt=F("most_responses"))
    return bool(rows.filter(free).update(places_taken=F("places_taken") + 1))


def _completed() -> Coalesce:
    done = Response.objects.counted().filter(
        deployment=OuterRef("pk"), status=Response.Status.COMPLETED
    )
    number = done.order_by().values("deployment").annotate(number=Count("pk"))
    return Coalesce(Subquery(number.values("number"), output_field=IntegerField()), 0)
