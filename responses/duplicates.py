"""Owns finding responses that say exactly what an earlier one said.

Looked for after the commit, so that no respondent waits: by the sweep, and before
responses are written to a CRM, whose rules may ask for it.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from responses import quality
from responses.models import Response
from responses.quality import Flag

WITHIN = timedelta(days=30)
BATCH = 1_000


def mark(limit: int = BATCH) -> int:
    """Compare what was completed since the last time; return how many are alike."""
    waiting = Response.objects.filter(
        compared=False, status=Response.Status.COMPLETED
    ).order_by("pk")
    keys = list(waiting.values_list("pk", flat=True)[:limit])
    if not keys:
        return 0
    earlier = Response.objects.filter(
        Q(completed_at__lt=OuterRef("completed_at"))
        | Q(completed_at=OuterRef("completed_at"), pk__lt=OuterRef("pk")),
        completed_at__gt=OuterRef("completed_at") - WITHIN,
        survey=OuterRef("survey"),
        fingerprint=OuterRef("fingerprint"),
        status=Response.Status.COMPLETED,
    )
    mine = Response.objects.filter(pk__in=keys)
    alike = mine.exclude(fingerprint="").filter(Exists(earlier))
    found = dict(alike.values_list("pk", "quality"))
    for key, stored in found.items():
        both = quality.joined([*quality.split(stored), Flag.DUPLICATE])
        Response.objects.filter(pk=key).update(quality=both)
    mine.update(compared=True)
    return len(found)
