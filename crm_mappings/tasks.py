"""What the workers are woken for. The rows of the outbox are the work."""

from __future__ import annotations

import time

from django.utils import timezone

from crm_mappings import delivery

# No call is begun after this: with the longest call (155 s at worst, 65 s mostly) a
# wake-up ends within the time that the queue gives it.
LONGEST = 20.0


def deliver() -> None:
    """Bring due write-backs to Salesforce until none is due, or it takes too long."""
    until = time.monotonic() + LONGEST

    def over() -> bool:
        return time.monotonic() >= until

    while not over():
        now = timezone.now()
        if not delivery.deliver_due(now=now, clock=timezone.now, stop=over).claimed:
            break
