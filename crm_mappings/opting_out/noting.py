"""Puts an opt-out on its way to every org that wants to hear of it: rows, and nothing
that can fail for a reason of the CRM's."""

from __future__ import annotations

from datetime import datetime

from crm_mappings.models import Connection, OptOut
from crm_mappings.models.errands import ErrandQuerySet
from deployments.doorbell import ring
from deployments.models import Suppression
from deployments.suppression import WISHES

TASK = "crm_mappings.tasks.keep_opt_outs"


def note(*, suppression: Suppression, now: datetime) -> int:
    # A mailbox that is gone is no wish of anybody.
    if suppression.reason not in WISHES:
        return 0
    rows = [
        OptOut(
            connection=connection,
            email=suppression.email,
            opted_out_at=suppression.created_at,
            due_at=now,
        )
        for connection in Connection.objects.exclude(writes_opt_outs="")
    ]
    OptOut.objects.bulk_create(rows)
    if rows:
        ring(TASK)
    return len(rows)


def send_again(*, rows: ErrandQuerySet, now: datetime) -> int:
    """Let held ones be tried again, and look once more for who was not there."""
    count = rows.send_again(OptOut.State.HELD, OptOut.State.NOBODY, now=now)
    if count:
        ring(TASK)
    return count
