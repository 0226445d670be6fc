"""Owns what monitoring is told of events and invitations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from deployments.models import Invitation, TriggerEvent

Mail = Invitation.Mail


def families(*, now: datetime) -> Iterator[Metric]:
    yield from _events(now)
    yield from _mails(now)


def _events(now: datetime) -> Iterator[Metric]:
    waiting = TriggerEvent.objects.filter(state=TriggerEvent.State.WAITING)
    told = waiting.aggregate(count=Count("pk"), oldest=Min("received_at"))
    yield GaugeMetricFamily(
        "tellback_trigger_events_waiting",
        "Events that are not decided yet.",
        value=told["count"],
    )
    yield GaugeMetricFamily(
        "tellback_trigger_event_oldest_seconds",
        "Age of the oldest event that is not decided yet; 0: there is none.",
        value=_age(told["oldest"], now),
    )


def _mails(now: datetime) -> Iterator[Metric]:
    """Those that a trigger delays are not late: only what is due counts as overdue."""
    open_ = Invitation.objects.filter(mail__in=[Mail.WAITING, Mail.SENDING])
    told = open_.aggregate(count=Count("pk"), oldest=Min("mail_due_at"))
    yield GaugeMetricFamily(
        "tellback_invitations_to_send",
        "Invitations whose mail is not sent yet, due or later.",
        value=told["count"],
    )
    yield GaugeMetricFamily(
        "tellback_invitation_overdue_seconds",
        "For how long the most overdue mail has been due; 0: none is.",
        value=_age(told["oldest"], now),
    )


def _age(moment: datetime | None, now: datetime) -> float:
    return max((now - moment).total_seconds(), 0.0) if moment else 0.0
