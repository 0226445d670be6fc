"""Owns /healthz (the process answers) and /readyz (it can serve)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_q.brokers import get_broker

from config.models import Heartbeat

log = logging.getLogger(__name__)

SILENCE = timedelta(minutes=5)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 unless the database, its migrations and the queue are usable.

    The workers' last beat is reported and does not count: pages are served and
    answers are kept without them.
    """
    checks = {"database": False, "migrations": False, "queue": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        checks["database"] = True
        executor = MigrationExecutor(connection)
        checks["migrations"] = not executor.migration_plan(
            executor.loader.graph.leaf_nodes()
        )
        checks["queue"] = bool(get_broker().ping())
    except Exception as error:  # noqa: BLE001 - each broker has errors of its own
        log.warning("Not ready: %s", error)
    ready = all(checks.values())
    return JsonResponse(
        {"ready": ready, "checks": checks, "workers": _workers(checks["migrations"])},
        status=200 if ready else 503,
    )


def _workers(can_ask: bool) -> str:
    if not can_ask:
        return "unknown"
    return "alive" if workers_are_alive(now=timezone.now()) else "silent"


def workers_are_alive(*, now: datetime) -> bool:
    """Whether any group of workers did its small task in the last five minutes."""
    return Heartbeat.objects.filter(beaten_at__gte=now - SILENCE).exists()
