"""Takes a person's word that they want no more mail, by whichever door it came."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from deployments.invitations.milestones import mark_opted_out
from deployments.models import Invitation, Suppression
from deployments.suppression import is_suppressed, suppress


@transaction.atomic
def opt_out(*, invitation: Invitation, now: datetime) -> None:
    """In a test nobody comes on the list: the mail was not to this person."""
    if not invitation.is_test:
        suppress(
            email=invitation.email,
            reason=Suppression.Reason.OPTED_OUT,
            survey=invitation.deployment.survey,
            now=now,
        )
    mark_opted_out(invitation=invitation, now=now)


def has_opted_out(invitation: Invitation) -> bool:
    if invitation.is_test:
        return invitation.opted_out_at is not None
    return is_suppressed(invitation.email)
