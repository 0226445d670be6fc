"""Owns stopping and going on: a log-in that is gone pauses its connection once, the
stand-by takes over where there is one, and nothing that waits is lost."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from crm_mappings.connections.log_in import (
    connect,
    go_on,
    own_client,
    revoke,
)
from crm_mappings.models import Connection
from crm_mappings.salesforce.errors import OrgError

Status = Connection.Status


def pause(*, connection: Connection, problem: str) -> bool:
    """Stop a connection that needs a person; True for the one who stopped it.

    Where a stand-by can take over, it does, and the connection goes on working.
    """
    connection.problem = problem
    if _take_over(connection, problem):
        connection.stands_in = True
        go_on(connection)
        return False
    connection.status = Status.PAUSED
    return (
        _working(connection).update(
            status=Status.PAUSED, problem=problem, told_at=None, stands_in=False
        )
        == 1
    )


def _working(connection: Connection) -> QuerySet[Connection]:
    return Connection.objects.filter(pk=connection.pk, status=Status.CONNECTED)


def _take_over(connection: Connection, problem: str) -> bool:
    """Let the stand-by stand in, unless it does so already or cannot."""
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        other = row.stand_by
        if (
            row.status != Status.CONNECTED
            or row.stands_in
            or not can_stand_in(other, row)
        ):
            return False
        return _working(row).update(stands_in=True, problem=problem, told_at=None) == 1


def can_stand_in(other: Connection | None, connection: Connection) -> bool:
    """Say whether a connection is logged in to the same organisation."""
    return (
        other is not None
        and other.pk != connection.pk
        and other.status == Status.CONNECTED
        and bool(other.access_token)
        and other.org_id == connection.org_id
    )


def resume(*, connection: Connection, now: datetime) -> Connection:
    """Go on after a pause, if the org answers; raise `OrgError` if it does not."""
    if connection.login != Connection.Login.WEB_SERVER:
        return connect(connection=connection, now=now)
    org = own_client(connection)
    try:
        org.organization()
    finally:
        org.close()
    connection.status, connection.problem = Status.CONNECTED, ""
    connection.checked_at = connection.last_success_at = now
    connection.told_at, connection.stands_in = None, False
    connection.failures, connection.not_before = 0, None
    connection.save(
        update_fields=[
            *("status", "problem", "checked_at", "last_success_at", "told_at"),
            *("stands_in", "failures", "not_before"),
        ]
    )
    go_on(connection)
    return connection


def disconnect(*, connection: Connection) -> bool:
    """Give the log-in back and forget it; False if Salesforce could not be told.

    Write-backs wait until somebody connects again.
    """
    told = True
    try:
        revoke(connection)
    except OrgError:
        told = False
    connection.access_token = connection.refresh_token = ""
    connection.status, connection.problem = Status.NEW, ""
    connection.stands_in = False
    connection.save(
        update_fields=[
            *("access_token", "refresh_token", "status", "problem", "stands_in")
        ]
    )
    return told
