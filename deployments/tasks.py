"""What a worker is woken for; every body loads the time and makes one call."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from deployments import invitations, mailings, polling, recurring, senders, triggers


def decide_events() -> None:
    now = timezone.now()
    triggers.decide_waiting(now=now)
    triggers.redact_old(now=now, days=settings.TRIGGER_EVENT_DAYS)


def poll_sources() -> None:
    polling.poll_due(now=timezone.now())


def ask_in_turn() -> None:
    recurring.ask_due(now=timezone.now())


def carry_out_mailings() -> None:
    mailings.carry_out_due(now=timezone.now())


def send_invitations() -> None:
    now = timezone.now()
    invitations.expire_due(now=now)
    invitations.send_waiting(now=now)


def look_at_senders() -> None:
    senders.check_due(now=timezone.now())
