"""The tasks of this room: a proof that a group of workers still works, and tidying."""

from __future__ import annotations

import os

from django.utils import timezone

from config import idempotency
from config.models import Heartbeat

GROUP_NAME = "TELLBACK_WORKER_GROUP"


def beat() -> None:
    """Note that the group of workers that runs this is alive."""
    Heartbeat.objects.update_or_create(
        name=os.environ.get(GROUP_NAME, "unsupervised"),
        defaults={"beaten_at": timezone.now()},
    )


def forget_answers() -> None:
    """Forget the answers of calls that nobody repeats any more."""
    idempotency.forget_old(now=timezone.now())
