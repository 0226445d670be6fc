"""The task that proves that a group of workers still works."""

from __future__ import annotations

import os

from django.utils import timezone

from config.models import Heartbeat

GROUP_NAME = "TELLBACK_WORKER_GROUP"


def beat() -> None:
    """Note that the group of workers that runs this is alive."""
    Heartbeat.objects.update_or_create(
        name=os.environ.get(GROUP_NAME, "unsupervised"),
        defaults={"beaten_at": timezone.now()},
    )
