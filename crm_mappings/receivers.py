"""Hears that a response was completed, and puts it into the outbox; or was erased,
and forgets it; and what happens to invitations, for the records that want to know.

It runs inside the respondent's transaction: rows and a ring, nothing that can fail
for a reason of the CRM's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from crm_mappings import milestones, opting_out
from crm_mappings.delivery import forgetting, outbox
from deployments.doorbell import ring
from deployments.models import Invitation, Suppression, TriggerDecision
from responses.models import Response

DELIVER = "crm_mappings.tasks.deliver"


def put_into_outbox(*, response: Response, **_signal: Any) -> None:
    assert response.completed_at is not None  # noqa: S101 - the database says so too
    # An answer that was given to try the survey is no news about a customer.
    if not response.is_written_back:
        return
    if outbox.enqueue(response=response, now=response.completed_at):
        ring(DELIVER)


def forget_erased(*, response: Response, now: datetime, **_signal: Any) -> None:
    forgetting.forget(response=response, now=now)
    if response.invitation is not None:
        milestones.forget(invitation=response.invitation)


def tell_of_milestone(
    *, invitation: Invitation, milestone: str, **_signal: Any
) -> None:
    column = "created_at" if milestone == "invited" else f"{milestone}_at"
    at = getattr(invitation, column, None) or timezone.now()
    milestones.note_milestone(invitation=invitation, milestone=milestone, now=at)


def tell_of_opt_out(*, suppression: Suppression, **_signal: Any) -> None:
    opting_out.note(suppression=suppression, now=suppression.created_at)


def tell_of_decision(*, decision: TriggerDecision, **_signal: Any) -> None:
    milestones.note_decision(decision=decision, now=decision.decided_at)
