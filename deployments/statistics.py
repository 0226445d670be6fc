"""Owns the numbers of a deployment: how many were asked, and how far they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from django.db.models import Count, Q

from deployments.models import Deployment, Invitation

Mail = Invitation.Mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    deployment: Annotated[str, "Key of the deployment."]
    invited: Annotated[int, "Invitations that were made, mailed or not."]
    waiting: Annotated[int, "Mails that wait or are being sent."]
    sent: Annotated[int, "Mails that the provider took."]
    failed: Annotated[int, "Mails that it did not take."]
    perhaps_sent: Annotated[int, "Mails whose outcome is unknown."]
    opened: Annotated[int, "Persons who followed the link."]
    started: Annotated[int, "Persons who began to answer."]
    completed: Annotated[int, "Persons who answered."]
    cancelled: Annotated[int, "Invitations that were taken back."]
    expired: Annotated[int, "Invitations whose time ended."]


COUNTED = {
    "waiting": Q(mail__in=[Mail.WAITING, Mail.SENDING]),
    "sent": Q(mail=Mail.SENT),
    "failed": Q(mail=Mail.FAILED),
    "perhaps_sent": Q(mail=Mail.UNKNOWN),
    "opened": Q(opened_at__isnull=False),
    "started": Q(started_at__isnull=False),
    "completed": Q(completed_at__isnull=False),
    "cancelled": Q(cancelled_at__isnull=False),
    "expired": Q(expired_at__isnull=False),
}


def statistics(deployment: Deployment) -> Statistics:
    numbers = Invitation.objects.filter(deployment=deployment).aggregate(
        invited=Count("pk"),
        **{name: Count("pk", filter=which) for name, which in COUNTED.items()},
    )
    return Statistics(deployment=deployment.key, **numbers)
