"""Brings opt-outs to the orgs that want them: Email Opt Out of the contacts and leads
with the address, a consent record of their individual, or both.

What is there already is looked for first, so that a second try writes nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from typing import Any

from crm_mappings import connections, errands
from crm_mappings.connections import health
from crm_mappings.delivery import budget
from crm_mappings.models import Connection, OptOut
from crm_mappings.models.errands import ErrandQuerySet
from crm_mappings.opting_out.noting import TASK
from crm_mappings.opting_out.people import (
    CONSENT,
    FLAG,
    INDIVIDUAL,
    LINK,
    POINT,
    Found,
    Row,
    Shape,
    find,
    refuses,
    shape_of,
)
from crm_mappings.salesforce import graphs
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import OrgError, Refusal
from deployments.doorbell import ring
from surveys.wording import gettext as _

log = logging.getLogger(__name__)

State = OptOut.State
MOST = 50


def write_due(*, now: datetime, rng: Random | None = None) -> int:
    """Write what is due; return how many rows were settled."""
    rng = rng or Random()  # noqa: S311 - a pause is no secret
    open_ = errands.open_connections(OptOut.objects.all(), now=now)
    return sum(_write(connection, now, rng) for connection in open_)


def _write(connection: Connection, now: datetime, rng: Random) -> int:
    due = OptOut.objects.due(now).filter(connection=connection)
    keys = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:MOST])
    rows = list(due.filter(pk__in=keys).take(now=now))
    if not rows:
        return 0
    if len(rows) == MOST:
        ring(TASK)
    try:
        return _ask(connection, rows, now, rng)
    except OrgError as error:
        log.warning("Opt-outs could not be written to %s: %s", connection, error)
        health.failed(connection=connection, error=error, now=now)
        return sum(_failed(row, error.refusal, now, rng) for row in rows)


def _ask(
    connection: Connection, rows: Sequence[OptOut], now: datetime, rng: Random
) -> int:
    org = connections.client(connection)
    try:
        shape = shape_of(connection, org, now)
        found = find(org, shape, {row.email for row in rows})
        return sum(
            _write_one(connection, org, shape, found, row, now, rng) for row in rows
        )
    finally:
        budget.note(connection=connection, org=org, now=now)
        org.close()


def _write_one(
    connection: Connection,
    org: OrgClient,
    shape: Shape,
    found: Found,
    row: OptOut,
    now: datetime,
    rng: Random,
) -> int:
    people = found.people.get(row.email, ())
    individuals = found.individuals_of(row.email)
    if not people and not individuals:
        return _settle(row, State.NOBODY, now)
    wish = connection.writes_opt_outs
    wanted: list[list[graphs.Node]] = []
    if wish != Connection.OptOuts.CONSENT:
        wanted += [[_flagged(one)] for one in people if one.get(FLAG) is False]
    if wish != Connection.OptOuts.FLAG:
        if not shape.has(CONSENT, "PartyId"):
            return _settle(
                row,
                State.HELD,
                now,
                _(
                    "Contact Point Type Consent cannot be seen there: turn Data "
                    "Protection and Privacy on and give the user the object, or choose "
                    "Email Opt Out on the connection."
                ),
            )
        wanted += list(_consenting(shape, found, row, now))
    return _send(org, wanted, row, now, rng)


def _send(
    org: OrgClient,
    wanted: Sequence[Sequence[graphs.Node]],
    row: OptOut,
    now: datetime,
    rng: Random,
) -> int:
    if not wanted:
        return _settle(row, State.WRITTEN, now)
    results = org.write_graphs(wanted)
    for nodes, result in zip(wanted, results, strict=True):
        if result.refusal is not None:
            return _failed(row, result.refusal, now, rng)
        row.records += [
            f"{node.object} {one.id}"
            for node, one in zip(nodes, result.results, strict=True)
        ]
    return _settle(row, State.WRITTEN, now)


def _flagged(person: Row) -> graphs.Node:
    return graphs.Node(
        reference="person",
        action="update",
        object=person["object"],
        record_id=person["Id"],
        fields={FLAG: True},
    )


def _consenting(
    shape: Shape, found: Found, row: OptOut, now: datetime
) -> Iterator[list[graphs.Node]]:
    """A consent for each individual; whoever has none gets one, all in one step."""
    for one in found.individuals_of(row.email):
        if not refuses(found.consents.get(one, ()), now):
            yield [_consent(one, row)]
    for person in found.people.get(row.email, ()):
        if not person.get(LINK) and shape.has(person["object"], LINK):
            yield _with_individual(shape, person, row)


def _with_individual(shape: Shape, person: Row, row: OptOut) -> list[graphs.Node]:
    made = graphs.reference("individual")
    nodes = [
        graphs.Node(
            reference="individual",
            action="create",
            object=INDIVIDUAL,
            fields=_named(person, row),
        ),
        graphs.Node(
            reference="person",
            action="update",
            object=person["object"],
            record_id=person["Id"],
            fields={LINK: made},
        ),
        _consent(made, row),
    ]
    if shape.has(POINT, "ParentId", "EmailAddress"):
        address = {"ParentId": made, "EmailAddress": row.email}
        nodes.append(
            graphs.Node(
                reference="address", action="create", object=POINT, fields=address
            )
        )
    return nodes


def _named(person: Row, row: OptOut) -> dict[str, Any]:
    name = {"LastName": person.get("LastName") or row.email[:80]}
    if person.get("FirstName"):
        name["FirstName"] = person["FirstName"]
    return name


def _consent(individual: str, row: OptOut) -> graphs.Node:
    at = row.opted_out_at.isoformat(timespec="milliseconds")
    return graphs.Node(
        reference="consent",
        action="create",
        object=CONSENT,
        fields={
            "Name": f"{row.email} (Tellback)"[:255],
            "PartyId": individual,
            "ContactPointType": "Email",
            "PrivacyConsentStatus": "OptOut",
            "EffectiveFrom": at,
            "CaptureDate": at,
            "CaptureContactPointType": "Web",
            "CaptureSource": "Tellback",
        },
    )


def _failed(row: OptOut, refusal: Refusal, now: datetime, rng: Random) -> int:
    attempts = row.attempts
    return errands.refused(_ours(row), refusal, attempts=attempts, now=now, rng=rng)


def _settle(row: OptOut, state: str, now: datetime, reason: str = "") -> int:
    return _ours(row).settle(state, now=now, reason=reason, records=row.records)


def _ours(row: OptOut) -> ErrandQuerySet:
    """The row, while it is still ours."""
    return OptOut.objects.filter(
        pk=row.pk, lease_token=row.lease_token, state=State.SENDING
    )
