"""Keeps the people whom another system tells of, and reads them for a mailing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from deployments.addresses import is_address
from deployments.mailings.sheets import BadRow, GoodRow, Sheet
from deployments.models import Contact, Deployment
from deployments.rules import Invitee, address_key
from surveys.wording import gettext as _

COLUMNS = ("email", "name")
TOLD = ("name", "language", "time_zone", "segment", "records", "variables")


class Fate(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    email: str
    fate: Fate


@transaction.atomic
def keep(
    *, deployment: Deployment, people: Sequence[Invitee], now: datetime
) -> list[Kept]:
    """Make or change the contacts as they are told; each address at most once."""
    emails = [one.email for one in people]
    had = {
        row.email: row
        for row in Contact.objects.filter(deployment=deployment, email__in=emails)
    }
    fates = [_fate(one, had.get(one.email)) for one in people]
    rows = [
        _row(deployment, one, now)
        for one, fate in zip(people, fates, strict=True)
        if fate is not Fate.UNCHANGED
    ]
    Contact.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["deployment", "email"],
        update_fields=[*TOLD, "updated_at"],
    )
    return [Kept(email=email, fate=f) for email, f in zip(emails, fates, strict=True)]


def _fate(told: Invitee, had: Contact | None) -> Fate:
    if had is None:
        return Fate.CREATED
    same = all(getattr(had, name) == _value(told, name) for name in TOLD)
    return Fate.UNCHANGED if same else Fate.CHANGED


def _row(deployment: Deployment, told: Invitee, now: datetime) -> Contact:
    values = {name: _value(told, name) for name in TOLD}
    return Contact(
        deployment=deployment,
        email=told.email,
        created_at=now,
        updated_at=now,
        **values,
    )


def _value(told: Invitee, name: str) -> object:
    value = getattr(told, name)
    return dict(value) if isinstance(value, Mapping) else value


def read_contacts(deployment: Deployment, *, event_key: str) -> Sheet:
    """Read the contacts as rows, as if they had come in a file."""
    good: list[GoodRow] = []
    bad: list[BadRow] = []
    rows = Contact.objects.filter(deployment=deployment).order_by("pk")
    for line, row in enumerate(rows.iterator(), 1):
        cells = (row.email, row.name)
        if not is_address(row.email):
            reason = _("This is no e-mail address that mail can be sent to.")
            bad.append(BadRow(line=line, reason=reason, cells=cells))
            continue
        values = {name: getattr(row, name) for name in TOLD}
        invitee = Invitee(
            email=row.email,
            record_key=address_key(row.email),
            event_key=event_key,
            **values,
        )
        good.append(GoodRow(line=line, invitee=invitee, cells=cells))
    return Sheet(
        columns=COLUMNS, good=tuple(good), bad=tuple(bad), ignored=(), encoding=""
    )
