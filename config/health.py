"""Owns /healthz (the process answers) and /readyz (it can serve)."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_q.brokers import get_broker

from config.models import Heartbeat

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
    except (DatabaseError, OSError):
        pass
    ready = all(checks.values())
    return JsonResponse(
        {"ready": ready, "checks": checks, "workers": _workers(checks["migrations"])},
        status=200 if ready else 503,
    )


def _workers(can_ask: bool) -> str:
    if not can_ask:
        return "unknown"
    since = timezone.now() - SILENCE
    alive = Heartbeat.objects.filter(beaten_at__gte=since).exists()
    return "alive" if alive else "silent"
