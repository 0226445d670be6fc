"""What a worker is woken for; every body loads the time and makes one call."""

from __future__ import annotations

from django.utils import timezone

from deployments import invitations, triggers


def decide_events() -> None:
    triggers.decide_waiting(now=timezone.now())


def send_invitations() -> None:
    now = timezone.now()
    invitations.expire_due(now=now)
    invitations.send_waiting(now=now)
