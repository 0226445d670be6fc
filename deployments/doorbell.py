"""Owns the ring: a wake-up for the workers, never the work itself.

The database rows are the truth. A lost, doubled or late ring costs at most the
minute until the next sweep.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

log = logging.getLogger(__name__)


def ring(task: str) -> None:
    """Wake a worker for `task`, a dotted path to a function without arguments.

    With the database as queue the ring is part of the caller's transaction; with
    any other broker it is sent after the commit. It never raises.
    """
    if settings.Q_CLUSTER.get("orm"):
        _send(task)
    else:
        transaction.on_commit(lambda: _send(task))


def _send(task: str) -> None:
    try:
        # A savepoint, so that a queue that fails does not spoil the caller's work.
        with transaction.atomic():
            async_task(task)
    except Exception as error:  # noqa: BLE001 - each broker has errors of its own
        log.warning("Nobody was woken for %s: %s", task, error)
