"""Owns what errands to an org have in common: which orgs may be asked now, and what
becomes of one that the org refused."""

from __future__ import annotations

from datetime import datetime
from random import Random

from django.db.models import Q

from crm_mappings.delivery import backoff, budget
from crm_mappings.models import Connection, WriteBack
from crm_mappings.models.errands import HELD, ErrandQuerySet
from crm_mappings.salesforce.errors import PASSING, Refusal


def open_connections(errands: ErrandQuerySet, *, now: datetime) -> list[Connection]:
    """Return the orgs that have errands due, can be asked, and have calls left."""
    found = Connection.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        status=Connection.Status.CONNECTED,
        pk__in=errands.due(now).values("connection"),
    )
    live = WriteBack.Priority.LIVE
    return [
        connection
        for connection in found.order_by("pk")
        if not budget.is_spent(connection, priority=live, now=now)
    ]


def refused(
    errands: ErrandQuerySet,
    refusal: Refusal,
    *,
    attempts: int,
    now: datetime,
    rng: Random,
) -> int:
    """Put off what passes by itself and hold the rest; return how many are held."""
    if refusal.kind in PASSING and attempts < backoff.MOST_ATTEMPTS:
        pause = backoff.pause(kind=refusal.kind, attempt=attempts, rng=rng)
        errands.put_off(refusal.message, until=now + pause)
        return 0
    return errands.settle(HELD, now=now, reason=refusal.message)
