"""Brings opt-outs of an org here: whoever wants no mail there is not asked by anybody,
and whoever agrees again there is asked again.

The first time only those who object are read, page by page; afterwards whatever has
changed. Each address is then judged by all that the org holds about it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from crm_mappings import connections
from crm_mappings.connections import health
from crm_mappings.models import Connection
from crm_mappings.opting_out.people import (
    BEGINNING,
    CONSENT,
    FLAG,
    INDIVIDUAL,
    PEOPLE,
    WISHES,
    Shape,
    addresses_of,
    against,
    find,
    shape_of,
)
from crm_mappings.plan.schema import is_id
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError
from deployments.addresses import is_address, normal_address
from deployments.models import Suppression
from deployments.suppression import lift, suppress
from surveys.conditions.values import moment

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=10)
LEASE = timedelta(minutes=5)
SOON = timedelta(minutes=1)  # there is more than one run takes
PAGE = 1000
MOST_PAGES = 5
# A change can become visible a little after its own time stamp.
OVERLAP = timedelta(minutes=5)


def read_due(*, now: datetime, page: int = PAGE, pages: int = MOST_PAGES) -> int:
    """Read from every org that wants it and whose turn it is; return how many."""
    due = Connection.objects.filter(
        Q(opt_outs_due_at=None) | Q(opt_outs_due_at__lte=now),
        Q(not_before=None) | Q(not_before__lte=now),
        status=Connection.Status.CONNECTED,
        reads_opt_outs=True,
    )
    return sum(_claim(one, now) and _read(one, now, page, pages) for one in due)


def _claim(connection: Connection, now: datetime) -> bool:
    free = Connection.objects.filter(
        pk=connection.pk, opt_outs_due_at=connection.opt_outs_due_at
    )
    return bool(free.update(opt_outs_due_at=now + LEASE))


def _read(connection: Connection, now: datetime, page: int, pages: int) -> bool:
    row = Connection.objects.filter(pk=connection.pk)
    try:
        org = connections.client(connection)
        shape = shape_of(connection, org, now)
        done = [
            _read_object(connection, org, shape, name, (page, pages), now)
            for name in (*PEOPLE, INDIVIDUAL, CONSENT)
            if shape.has(name, *_asked(name))
        ]
        connections.note_usage(connection=connection, org=org)
    except OrgError as error:
        log.warning("Opt-outs of %s could not be read: %s", connection, error)
        health.failed(connection=connection, error=error, now=now)
        row.update(opt_outs_error=str(error), opt_outs_due_at=now + EVERY)
        return False
    pause = EVERY if all(done) else SOON
    row.update(opt_outs_error="", opt_outs_due_at=now + pause)
    return True


def _read_object(
    connection: Connection,
    org: OrgClient,
    shape: Shape,
    name: str,
    size: tuple[int, int],
    now: datetime,
) -> bool:
    """Read what has changed; return whether that was all."""
    page, pages = size
    place = dict(connection.opt_outs_read.get(name) or _beginning(now))
    for _number in range(pages):
        rows = org.query(_soql(name, place, page))
        told = [row for row in rows if row.get("SystemModstamp")]
        _take(connection, org, shape, name, told, now)
        if told:
            place |= {"at": str(told[-1]["SystemModstamp"]), "id": str(told[-1]["Id"])}
        if len(rows) < page:
            _keep(connection, name, _caught_up(place, now))
            return True
        _keep(connection, name, place)
    return False


def _beginning(now: datetime) -> dict[str, Any]:
    return {"at": BEGINNING.isoformat(), "id": "", "first": now.isoformat()}


def _caught_up(place: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """From here on every change is read; first, those since the reading began."""
    since = moment(place.get("first")) or min(moment(place["at"]) or now, now)
    return {"at": (since - OVERLAP).isoformat(), "id": ""}


def _keep(connection: Connection, name: str, place: Mapping[str, Any]) -> None:
    connection.opt_outs_read = {**connection.opt_outs_read, name: dict(place)}
    connection.save(update_fields=["opt_outs_read"])


def _asked(name: str) -> list[str]:
    if name in PEOPLE:
        return ["Email", FLAG]
    return ["PartyId", "ContactPointType"] if name == CONSENT else list(WISHES)


def _soql(name: str, place: Mapping[str, Any], page: int) -> str:
    """Our own names, a time, an id and a number."""
    at = moment(place["at"]) or BEGINNING
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.")
    stamp += f"{at.microsecond // 1000:03}Z"
    after = f"SystemModstamp > {stamp}"
    if is_id(str(place.get("id"))):
        after = f"({after} OR (SystemModstamp = {stamp} AND Id > '{place['id']}'))"
    only = [after]
    if place.get("first"):
        only.append(_objects(name))
    fields = ", ".join(["Id", "SystemModstamp", *_asked(name)])
    return (
        f"SELECT {fields} FROM {name} WHERE {' AND '.join(only)} "  # noqa: S608
        f"ORDER BY SystemModstamp, Id LIMIT {int(page)}"
    )


def _objects(name: str) -> str:
    """The condition under which a record objects to mail."""
    if name in PEOPLE:
        return f"{FLAG} = true"
    if name == CONSENT:
        return "ContactPointType = 'Email' AND PrivacyConsentStatus = 'OptOut'"
    return f"({' OR '.join(f'{wish} = true' for wish in WISHES)})"


def _take(
    connection: Connection,
    org: OrgClient,
    shape: Shape,
    name: str,
    rows: list[dict[str, Any]],
    now: datetime,
) -> None:
    """Judge every address that the changed records are about."""
    if name in PEOPLE:
        emails = {normal_address(str(row.get("Email") or "")) for row in rows}
    else:
        key = "PartyId" if name == CONSENT else "Id"
        parties = {str(row[key]) for row in rows if row.get(key)}
        emails = addresses_of(org, shape, parties)
    emails = {one for one in emails if is_address(one)}
    if not emails:
        return
    found = find(org, shape, emails)
    source = f"salesforce:{connection.key}"
    reasons = {one: against(found, one, now) for one in sorted(emails)}
    for email, reason in reasons.items():
        if reason:
            suppress(
                email=email,
                reason=Suppression.Reason.CRM,
                note=reason,
                source=source,
                now=now,
            )
    lift(emails=[one for one, reason in reasons.items() if not reason], source=source)
