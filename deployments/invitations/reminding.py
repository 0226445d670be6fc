"""Reminds of an invitation that was mailed and not answered: the mail goes out again,
under a Message-ID of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from deployments.doorbell import ring
from deployments.emails import message_id
from deployments.invitations.inviting import SEND_TASK
from deployments.models import Deployment, Invitation
from deployments.suppression import is_suppressed

Mail = Invitation.Mail
# A person is not written to more than once a day about one thing.
PAUSE = timedelta(days=1)


class NoReminder(Exception):
    """This invitation cannot be reminded of; the text says why."""


@transaction.atomic
def remind(*, invitation: Invitation, now: datetime) -> None:
    """Let the invitation be mailed once more; raise `NoReminder` where that is wrong."""
    if problem := _why_not(invitation, now):
        raise NoReminder(problem)
    first = message_id(invitation)
    again = first.replace("@", f".{int(now.timestamp())}@", 1)
    asked = Invitation.objects.filter(
        pk=invitation.pk, mail=Mail.SENT, sent_at=invitation.sent_at, completed_at=None
    ).update(
        mail=Mail.WAITING,
        mail_due_at=now,
        mail_attempts=0,
        mail_error="",
        message_id=again,
        lease_token=None,
    )
    if not asked:
        raise NoReminder(_("Something else just happened to this invitation."))
    ring(SEND_TASK)


def _why_not(invitation: Invitation, now: datetime) -> str:  # noqa: PLR0911
    """The first reason that holds: each is told by itself."""
    if invitation.completed_at:
        return _("The survey was answered already.")
    if invitation.cancelled_at:
        return _("The invitation was cancelled.")
    if invitation.expired_at or (
        invitation.expires_at and invitation.expires_at <= now
    ):
        return _("The link has ended.")
    if invitation.deployment.status != Deployment.Status.LIVE:
        return _("The deployment is not live.")
    if is_suppressed(invitation.email):
        return _("The address is not to be asked any more.")
    if invitation.mail in {Mail.WAITING, Mail.SENDING}:
        return _("A mail is on its way already.")
    if invitation.mail != Mail.SENT or invitation.sent_at is None:
        return _("Tellback has not mailed this invitation.")
    if invitation.sent_at > now - PAUSE:
        return _("The last mail is less than a day old.")
    return ""
