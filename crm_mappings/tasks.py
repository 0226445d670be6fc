"""What the workers are woken for. The rows of the outbox are the work."""

from __future__ import annotations

import time

from django.utils import timezone

from crm_mappings import delivery

# A wake-up ends well within the time that the queue gives it.
LONGEST = 40.0


def deliver() -> None:
    """Bring due write-backs to Salesforce until none is due, or it takes too long."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        if not delivery.deliver_due(now=timezone.now(), clock=timezone.now).claimed:
            break
