"""What a worker is woken for: to send what is due, and to forget what is old."""

from __future__ import annotations

import time

from django.utils import timezone

from responses.webhooks import delivering

# No round is begun after this; the longest round takes some 20 seconds.
LONGEST = 30.0


def send() -> None:
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and delivering.deliver_due(clock=timezone.now):
        pass


def forget_old() -> None:
    delivering.forget_old(now=timezone.now())
