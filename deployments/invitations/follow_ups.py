"""Puts reminders and thank-yous on the schedule, and takes them off it."""

from __future__ import annotations

from datetime import datetime, timedelta

from deployments.models import FollowUp, FollowUpMail, Invitation
from deployments.rules.windows import next_moment

Mail = Invitation.Mail


def after_mail(*, invitation: Invitation, now: datetime) -> int:
    """Schedule the reminders of an invitation that has just been mailed."""
    return _schedule(invitation, FollowUp.Kind.REMINDER, now)


def after_answers(*, invitation: Invitation, now: datetime) -> int:
    """Take the reminders off the schedule, and put the thank-yous on it."""
    stop(invitation=invitation, reason="completed", kind=FollowUp.Kind.REMINDER)
    if not invitation.email:
        return 0
    return _schedule(invitation, FollowUp.Kind.THANKS, now)


def stop(*, invitation: Invitation, reason: str, kind: str = "") -> int:
    """Send no more of them; one that is on its way already cannot be stopped."""
    waiting = FollowUpMail.objects.filter(invitation=invitation, mail=Mail.WAITING)
    if kind:
        waiting = waiting.filter(follow_up__kind=kind)
    return waiting.update(mail=Mail.STOPPED, mail_due_at=None, mail_error=reason)


def _schedule(invitation: Invitation, kind: FollowUp.Kind, now: datetime) -> int:
    deployment = invitation.deployment
    rules = FollowUp.objects.filter(
        deployment=invitation.deployment_id, kind=kind, is_active=True
    )
    rows = [
        FollowUpMail(
            invitation=invitation,
            follow_up=rule,
            mail_due_at=next_moment(
                deployment.window,
                now + timedelta(hours=rule.after_hours),
                invitation.time_zone,
            ),
        )
        for rule in rules
    ]
    FollowUpMail.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
