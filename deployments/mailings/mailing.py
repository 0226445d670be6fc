"""Invites the people of a list: whom a limit or an opt-out holds back comes back with
the reason, beside the rows that could not be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction

from deployments import counting
from deployments.invitations import invite_many
from deployments.mailings.lists import Wanted, everybody, read_list
from deployments.mailings.sheets import BadRow, GoodRow, Sheet, read
from deployments.models import (
    Cap,
    Deployment,
    Invitation,
    Mailing,
    PeopleList,
    TriggerDecision,
)
from deployments.rules import caps
from deployments.rules.caps import Asked, subjects
from deployments.rules.deciding import Refusal, against_the_role
from deployments.suppression import suppressed
from surveys.wording import gettext as _

BATCH = 200


def key_of(name: str) -> str:
    """One mailing, however often its file is uploaded."""
    return f"mailing:{hashlib.sha256(name.strip().lower().encode()).hexdigest()[:40]}"


def mail(
    *, deployment: Deployment, name: str, file_name: str, raw: bytes, now: datetime
) -> Mailing:
    """Invite everybody in the file whom nothing speaks against, each once.

    Raises `SheetRefused` when the file cannot be read; then nobody is invited.
    """
    sheet = read(raw, variables=_variables(deployment), event_key=key_of(name))
    told = Mailing(deployment=deployment, name=name, file_name=file_name[:200])
    return _kept(told, sheet, now)


def mail_list(
    *,
    people: PeopleList,
    name: str,
    now: datetime,
    event_key: str = "",
    wanted: Wanted = everybody,
) -> Mailing:
    """Invite those of a list in the CRM who are wanted, and whom nothing speaks
    against, each once for an event key. Raises `SourceError` or `UnknownSource`."""
    sheet = read_list(people, event_key=event_key or key_of(name), wanted=wanted)
    told = Mailing(deployment=people.deployment, name=name, people=people)
    found = len(sheet.good) + len(sheet.bad)
    PeopleList.objects.filter(pk=people.pk).update(found=found, error="")
    return _kept(told, sheet, now)


def count_people(*, people: PeopleList) -> tuple[int, int]:
    """Read a list and ask nobody: how many could be asked, and how many not."""
    sheet = read_list(people, event_key="")
    found = len(sheet.good) + len(sheet.bad)
    PeopleList.objects.filter(pk=people.pk).update(found=found, error="")
    return len(sheet.good), len(sheet.bad)


def _kept(told: Mailing, sheet: Sheet, now: datetime) -> Mailing:
    bad = invite_rows(told, sheet, now=now)
    told.created_at = now
    with transaction.atomic():
        told.save()
        keep_decisions(told, bad, now)
    return told


def invite_rows(
    told: Mailing,
    sheet: Sheet,
    *,
    now: datetime,
    note: Callable[[int], None] = lambda _new: None,
) -> list[BadRow]:
    """Invite, in batches, whom nothing speaks against, and let `told` say what became
    of all. Keeping it, and the decisions about the others, is the caller's. `note` is told in the transaction of each batch
    how many were new in it."""
    deployment = told.deployment
    bad = list(sheet.bad)
    invited = again = 0
    for batch in _batches(sheet.good):
        with transaction.atomic():
            allowed, refused = _part(deployment, batch, now)
            done = invite_many(
                deployment=deployment,
                invitees=[row.invitee for row in allowed],
                now=now,
                send=True,
            )
            new = sum(one.created for one in done)
            note(new)
        bad += refused
        invited += new
        again += len(done) - new
    told.columns, told.ignored = list(sheet.columns), list(sheet.ignored)
    told.encoding = sheet.encoding
    told.bad = [
        {"line": row.line, "reason": row.reason, "cells": list(row.cells)}
        for row in sorted(bad, key=lambda row: row.line)
    ]
    told.invited, told.again = invited, again
    return bad


def keep_decisions(mailing: Mailing, bad: Sequence[BadRow], now: datetime) -> None:
    """Keep of each person why he was left out, beside the file of bad rows."""
    TriggerDecision.objects.bulk_create(
        (
            TriggerDecision(
                mailing=mailing,
                deployment=mailing.deployment,
                invited=False,
                code=row.code,
                reason=row.reason,
                email=row.email[:254],
                record_id=row.record_id[:100],
                cap_id=row.cap,
                decided_at=now,
            )
            for row in bad
            if row.code
        ),
        batch_size=500,
    )


def _variables(deployment: Deployment) -> list[str]:
    version = deployment.survey.live_version
    declared = version.definition.get("variables") if version else None
    return [one["key"] for one in declared or deployment.survey.variables]


def _batches(rows: Sequence[GoodRow]) -> Iterator[list[GoodRow]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _part(
    deployment: Deployment, rows: Sequence[GoodRow], now: datetime
) -> tuple[list[GoodRow], list[BadRow]]:
    limits = counting.caps_of(deployment)
    if limits or deployment.quiet_days:
        counting.lock(
            key
            for row in rows
            for key in subjects(row.invitee.email, row.invitee.records).values()
        )
    allowed: list[GoodRow] = []
    refused: list[BadRow] = []
    within: dict[tuple[int, str], int] = {}
    known = _look_up(deployment, rows, now)
    for row in rows:
        if row.invitee.email in known.invited:
            allowed.append(row)  # by this very mailing: nothing new happens
            continue
        refusal = _against(deployment, row, known)
        full = None if refusal else _full(row, limits, within, now)
        if full:
            refusal = "capped", caps.reason(full)
        if refusal:
            refused.append(_refused(row, refusal, full.cap.id if full else None))
        else:
            allowed.append(row)
    return allowed, refused


def _refused(row: GoodRow, refusal: tuple[str, str], cap: int | None) -> BadRow:
    code, reason = refusal
    return BadRow(
        line=row.line,
        reason=reason,
        cells=row.cells,
        code=code,
        email=row.invitee.email,
        record_id=next(iter(row.invitee.records.values()), ""),
        cap=cap,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the people of a batch, asked for all of them at once."""

    invited: frozenset[str]  # by this mailing
    suppressed: Mapping[str, str]
    recent: frozenset[str]  # asked by this deployment within its quiet days


def _look_up(deployment: Deployment, rows: Sequence[GoodRow], now: datetime) -> Known:
    emails = [row.invitee.email for row in rows]
    mine = Invitation.objects.filter(deployment=deployment, email__in=emails)
    keys = {row.invitee.event_key for row in rows}
    since = now - timedelta(days=deployment.quiet_days)
    recent = counting.asked(mine).filter(created_at__gt=since)
    here = mine.filter(event_key__in=keys, is_test=deployment.test_mode)
    return Known(
        invited=frozenset(here.values_list("email", flat=True)),
        suppressed=suppressed(emails),
        recent=frozenset(
            recent.values_list("email", flat=True) if deployment.quiet_days else ()
        ),
    )


def _against(deployment: Deployment, row: GoodRow, known: Known) -> Refusal:
    email = row.invitee.email
    if why := known.suppressed.get(email):
        return "suppressed", _("Not to be asked: %(why)s.") % {"why": why}
    role = against_the_role(email, skip_roles=deployment.skip_role_addresses)
    if role:
        return role
    if email in known.recent:
        said = _("Asked in the last %(days)s days.")
        return "asked_recently", said % {"days": deployment.quiet_days}
    return None


def _full(
    row: GoodRow,
    limits: Sequence[Cap],
    within: dict[tuple[int, str], int],
    now: datetime,
) -> Asked | None:
    """Count what is in the ledger, and those of this batch that are not yet."""
    about = row.invitee
    keys = subjects(about.email, about.records)
    asked = counting.count(limits, email=about.email, records=about.records, now=now)
    plain = [one for one in asked if one.cap.condition is None]
    for one in plain:
        key = (one.cap.id, keys[one.cap.object.lower()])
        if one.times + within.get(key, 0) >= one.cap.most:
            return one
    for one in plain:
        key = (one.cap.id, keys[one.cap.object.lower()])
        within[key] = within.get(key, 0) + 1
    return None
