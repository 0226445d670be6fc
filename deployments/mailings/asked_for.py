"""Carries out mailings that another system asked for: the call only notes them, since
to invite ten thousand people takes longer than a caller waits.

A worker that is killed at it costs a delay: who was invited is not invited again.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from deployments.doorbell import ring
from deployments.mailings.contacts import read_contacts
from deployments.mailings.mailing import invite_rows, keep_decisions, key_of
from deployments.models import Deployment, Mailing

TASK = "deployments.tasks.carry_out_mailings"
# Longer than a task may take.
LEASE = timedelta(minutes=10)


class LeaseLost(Exception):
    """Another worker has taken it over; the batch at hand is not kept."""


@transaction.atomic
def ask_for(*, deployment: Deployment, name: str, now: datetime) -> Mailing:
    """Note that the contacts of the deployment are to be invited, each once by mailings
    of this name; workers do it while the deployment is live."""
    mailing = Mailing.objects.create(
        deployment=deployment, name=name, created_at=now, due_at=now
    )
    ring(TASK)
    return mailing


def carry_out_due(*, now: datetime) -> int:
    """Carry out every mailing that waits; return how many were finished."""
    due = Mailing.objects.filter(
        due_at__lte=now, deployment__status=Deployment.Status.LIVE
    ).select_related("deployment__survey__live_version")
    return sum(_claim_and_invite(mailing, now) for mailing in due.order_by("pk"))


def _claim_and_invite(mailing: Mailing, now: datetime) -> bool:
    lease = uuid.uuid4()
    free = Mailing.objects.filter(pk=mailing.pk, due_at=mailing.due_at)
    if not free.update(lease_token=lease, due_at=now + LEASE):
        return False
    held = Mailing.objects.filter(pk=mailing.pk, lease_token=lease)

    def note(new: int) -> None:
        if not held.update(invited=F("invited") + new):
            raise LeaseLost

    sheet = read_contacts(mailing.deployment, event_key=key_of(mailing.name))
    try:
        bad = invite_rows(mailing, sheet, now=now, note=note)
    except LeaseLost:
        return False
    # Also of those whom a worker before this one invited for it.
    asked = mailing.invited + mailing.again
    with transaction.atomic():
        done = held.update(
            again=Greatest(asked - F("invited"), 0),
            bad=mailing.bad,
            columns=mailing.columns,
            due_at=None,
            lease_token=None,
        )
        if done:
            keep_decisions(mailing, bad, now)
    return bool(done)
