"""Takes out of an invitation all that says who was asked about what.

The row stays, for the counts; its link stays closed, and nothing is mailed any more.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from deployments.invitations.milestones import cancel
from deployments.models import Contact, Invitation, TriggerDecision, TriggerEvent

Mail = Invitation.Mail


def forget(*, invitation: Invitation, now: datetime) -> None:
    """Blank the person in the invitation and in the events that led to it."""
    row = Invitation.objects.filter(pk=invitation.pk)
    with transaction.atomic():
        if invitation.completed_at is None:
            cancel(invitation=invitation, now=now)
        row.update(
            token="",
            email="",
            name="",
            segment="",
            records={},
            variables={},
            record_key="",
            event_key="",
            mail_error="",
        )
        # A worker that is sending just now cannot settle it any more.
        row.exclude(mail=Mail.SENT).update(
            mail=Mail.NONE, mail_due_at=None, lease_token=None
        )
        decisions = TriggerDecision.objects.filter(invitation=invitation.pk)
        TriggerEvent.objects.filter(decisions__in=decisions).update(
            fields={}, looked_up={}, record_id="", error=""
        )
        decisions.update(reason="", email="")
        if invitation.email:
            Contact.objects.filter(
                deployment=invitation.deployment_id, email__iexact=invitation.email
            ).delete()
            about = TriggerDecision.objects.filter(email=invitation.email)
            about.update(reason="", email="", record_id="")
        invitation.asks.all().delete()
