"""Invites the people of a list: whom a limit or an opt-out holds back comes back with
the reason, beside the rows that could not be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.db import transaction

from deployments import refusing
from deployments.invitations import invite_many
from deployments.mailings.lists import Wanted, everybody, read_list
from deployments.mailings.sheets import BadRow, GoodRow, Sheet, read
from deployments.models import Deployment, Mailing, PeopleList, TriggerDecision
from deployments.refusing import Refusal

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
    of all. Keeping it, and the decisions about the others, is the caller's. `note` is
    told in the transaction of each batch how many were new in it."""
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
    people = [row.invitee for row in rows]
    refusals = refusing.against(deployment=deployment, people=people, now=now)
    allowed = [row for place, row in enumerate(rows) if place not in refusals]
    refused = [_refused(rows[place], one) for place, one in refusals.items()]
    return allowed, refused


def _refused(row: GoodRow, refusal: Refusal) -> BadRow:
    return BadRow(
        line=row.line,
        reason=refusal.reason,
        cells=row.cells,
        code=refusal.code,
        email=row.invitee.email,
        record_id=next(iter(row.invitee.records.values()), ""),
        cap=refusal.cap,
    )
