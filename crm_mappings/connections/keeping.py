"""Owns that quiet connections live: a refresh token dies after 30 days without use."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import Q

from crm_mappings.connections.health import failed, note
from crm_mappings.connections.log_in import log_in_again
from crm_mappings.connections.pausing import pause
from crm_mappings.models import Connection
from crm_mappings.salesforce.errors import Kind, OrgError

log = logging.getLogger(__name__)

KEEP_ALIVE = timedelta(days=7)
# After a failure it is tried again, long before the thirty days are over.
TRY_AGAIN = timedelta(hours=6)


def keep_alive(*, now: datetime) -> int:
    """Use each refresh token that has rested for a week; return how many."""
    kept = 0
    for connection in _quiet(now):
        # Claimed by moving the date, so that of two workers one does it.
        mine = Connection.objects.filter(pk=connection.pk, token_at=connection.token_at)
        if mine.update(token_at=now - KEEP_ALIVE + TRY_AGAIN):
            kept += _refresh(connection, now)
    return kept


def _quiet(now: datetime) -> list[Connection]:
    rows = Connection.objects.filter(
        Q(token_at=None) | Q(token_at__lte=now - KEEP_ALIVE),
        login=Connection.Login.WEB_SERVER,
        status=Connection.Status.CONNECTED,
    )
    return [row for row in rows.order_by("pk") if row.refresh_token]


def _refresh(connection: Connection, now: datetime) -> bool:
    try:
        log_in_again(connection=connection, now=now)
    except OrgError as error:
        note(connection=connection, kinds={error.kind.value: 1}, now=now)
        failed(connection=connection, error=error, now=now)
        if error.kind is Kind.CONNECTION:
            pause(connection=connection, problem=error.refusal.message)
        return False
    return True
