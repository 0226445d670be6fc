"""Puts reminders and thank-yous on the schedule, and takes them off it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from deployments.models import Deployment, FollowUp, FollowUpMail, Invitation
from deployments.rules.windows import next_moment

Mail = Invitation.Mail
LATEST = timedelta(days=14)  # thanks that come later than that are none


def after_mail(
    *, invitation: Invitation, rules: Sequence[FollowUp], now: datetime
) -> int:
    """Schedule the reminders of an invitation that has just been mailed."""
    rows = [_row(invitation, rule, invitation.deployment, now) for rule in rules]
    FollowUpMail.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def after_answers(*, now: datetime, limit: int = 500) -> int:
    """Schedule the thank-yous of who has answered since the last time.

    It runs with the mails, so that no respondent waits for it. Reminders of who has
    answered need no stop: each is looked at once more right before it goes out.
    """
    rules = FollowUp.objects.filter(
        kind=FollowUp.Kind.THANKS,
        is_active=True,
        deployment__status=Deployment.Status.LIVE,
    ).select_related("deployment")
    return sum(_thank(rule, now, limit) for rule in rules)


def _thank(rule: FollowUp, now: datetime, limit: int) -> int:
    answered = (
        Invitation.objects.filter(
            deployment=rule.deployment_id,
            completed_at__gte=max(rule.created_at, now - LATEST),
        )
        .exclude(email="")
        .exclude(follow_up_mails__follow_up=rule)
        .defer("token")
    )
    if rule.deployment.anonymous:
        # All of a day together: thanks one by one would tell whose answer was which.
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        answered = answered.filter(completed_at__lt=today)
    rows = [
        _row(invitation, rule, rule.deployment, invitation.completed_at)
        for invitation in answered.order_by("completed_at", "pk")[:limit]
        if invitation.completed_at
    ]
    FollowUpMail.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def stop(*, invitation: Invitation, reason: str) -> int:
    """Send no more of them; one that is on its way already cannot be stopped."""
    waiting = FollowUpMail.objects.filter(invitation=invitation, mail=Mail.WAITING)
    return waiting.update(mail=Mail.STOPPED, mail_due_at=None, mail_error=reason)


def _row(
    invitation: Invitation, rule: FollowUp, deployment: Deployment, since: datetime
) -> FollowUpMail:
    due = since + timedelta(hours=rule.after_hours)
    return FollowUpMail(
        invitation=invitation,
        follow_up=rule,
        mail_due_at=next_moment(deployment.window, due, invitation.time_zone),
    )
