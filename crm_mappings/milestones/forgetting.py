"""Takes out of what was told to records whatever says who was asked: links, reasons."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm_mappings.models import RecordUpdate
from deployments.models import Invitation

State = RecordUpdate.State


def forget(*, invitation: Invitation) -> None:
    """Tell nothing more of this person, and keep nothing of what was told."""
    rows = RecordUpdate.objects.filter(invitation=invitation)
    rows.exclude(state=State.SENDING).delete()
    rows.update(values={}, reason="")


def forget_old(*, now: datetime, days: int, limit: int = 1000) -> int:
    """Take the values out of what was written so long ago; that it was, stays."""
    old = RecordUpdate.objects.filter(
        state=State.WRITTEN, settled_at__lt=now - timedelta(days=days)
    ).exclude(values={})
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    return RecordUpdate.objects.filter(pk__in=keys).update(values={})
