"""Reminds of an invitation that was mailed and not answered, because somebody asks for
it: one more of the reminders that a schedule makes too, under the same rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from deployments.doorbell import ring
from deployments.invitations.inviting import SEND_TASK
from deployments.models import Deployment, FollowUpMail, Invitation
from deployments.suppression import why_suppressed

Mail = Invitation.Mail
# A person is not written to more than once a day about one thing.
PAUSE = timedelta(days=1)


class NoReminder(Exception):
    """This invitation cannot be reminded of; the text says why."""


@transaction.atomic
def remind(*, invitation: Invitation, now: datetime) -> FollowUpMail:
    """Let the person be reminded; raise `NoReminder` where that is wrong."""
    # Who asks at the same time waits here, and sees the reminder that was made.
    locked = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("deployment")
        .defer("token")
        .get(pk=invitation.pk)
    )
    if problem := _why_not(locked, now) or _why_not_now(locked, now):
        raise NoReminder(problem)
    made = FollowUpMail.objects.create(invitation=locked, mail_due_at=now)
    ring(SEND_TASK)
    return made


def _why_not(invitation: Invitation, now: datetime) -> str:
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
    if why_suppressed(invitation.email):
        return _("The address is not to be asked any more.")
    return ""


def _why_not_now(invitation: Invitation, now: datetime) -> str:
    others = invitation.follow_up_mails
    under_way = {Mail.WAITING, Mail.SENDING}
    asked = others.filter(follow_up=None, mail__in=under_way)
    if (
        invitation.mail in under_way
        or asked.exists()
        or others.filter(mail=Mail.SENDING).exists()
    ):
        return _("A mail is on its way already.")
    if invitation.mail != Mail.SENT or invitation.sent_at is None:
        return _("Tellback has not mailed this invitation.")
    sent = others.exclude(sent_at=None).values_list("sent_at", flat=True)
    if max(invitation.sent_at, *(at for at in sent if at), now - 2 * PAUSE) > (
        now - PAUSE
    ):
        return _("The last mail is less than a day old.")
    return ""
