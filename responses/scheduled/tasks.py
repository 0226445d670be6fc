"""What a worker is woken for: to begin what is due, and to go on with one run."""

from __future__ import annotations

from django.utils import timezone

from deployments.doorbell import ring
from responses.scheduled import running


def dump() -> None:
    running.begin_due(now=timezone.now())
    if running.work(clock=timezone.now):
        # The next one that is due is another worker's, or this one's next task.
        ring(running.TASK)
