"""Owns the ledger of who was asked, and counts it for the limits, exactly.

Whoever decides first locks the rows of those it is about, counts, and writes within
the same transaction; whoever comes second waits, and counts what the first has left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from django.db.models import Count, Max, Q, QuerySet

from deployments.models import (
    Ask,
    AskSubject,
    Cap,
    Deployment,
    FollowUpMail,
    Invitation,
)
from deployments.rules import caps
from deployments.rules.caps import Asked
from deployments.rules.deciding import condition_fields
from deployments.rules.spans import since
from surveys.conditions import parse

Mail = Invitation.Mail


def lock(keys: Iterable[str]) -> None:
    """Let nobody else count these until the transaction ends."""
    wanted = sorted(set(keys))
    if wanted:
        _make(wanted)
        # In order of key, so that two callers never wait for each other.
        rows = AskSubject.objects.select_for_update(no_key=True)
        list(rows.filter(key__in=wanted).order_by("key").values_list("pk", flat=True))


def caps_of(deployment: Deployment) -> list[Cap]:
    """Return the limits that may hold somebody back from this deployment."""
    return list(
        Cap.objects.filter(
            Q(survey=None) | Q(survey=deployment.survey_id),
            Q(deployment=None) | Q(deployment=deployment),
            channel__in=["", deployment.channel],
            is_active=True,
        ).order_by("pk")
    )


def fields_of(rows: Iterable[Cap]) -> list[str]:
    """Return the fields that the conditions of limits read, each once."""
    found = (condition_fields(cap_of(row).condition) for row in rows)
    return list(dict.fromkeys(chain.from_iterable(found)))


def count(
    rows: Sequence[Cap],
    *,
    email: str,
    records: Mapping[str, str],
    now: datetime,
    leave_out: Invitation | None = None,
) -> tuple[Asked, ...]:
    """Return how often each limit's subject was asked within its span."""
    keys = caps.subjects(email, records)
    return tuple(
        _count(row, keys[row.object.lower()], now, leave_out)
        for row in rows
        if row.object.lower() in keys
    )


def note(
    invitations: Sequence[Invitation],
    *,
    now: datetime,
    follow_up: FollowUpMail | None = None,
) -> None:
    """Write down that these people were asked, or that this is mailed to them."""
    keys = {
        row.pk: list(caps.subjects(row.email, row.records).values())
        for row in invitations
    }
    subjects = _make({key for some in keys.values() for key in some})
    Ask.objects.bulk_create(
        Ask(
            subject_id=subjects[key],
            invitation_id=pk,
            is_follow_up=follow_up is not None,
            follow_up_mail=follow_up,
            asked_at=now,
        )
        for pk, some in keys.items()
        for key in some
    )


def _count(row: Cap, key: str, now: datetime, leave_out: Invitation | None) -> Asked:
    start = since(row.within, now)
    asks = _that_count(Ask.objects.filter(subject__key=key, asked_at__gt=start))
    if not row.counts_reminders:
        asks = asks.filter(is_follow_up=False)
    if row.survey_id:
        asks = asks.filter(invitation__deployment__survey=row.survey_id)
    if row.deployment_id:
        asks = asks.filter(invitation__deployment=row.deployment_id)
    if row.channel:
        asks = asks.filter(invitation__deployment__channel=row.channel)
    if leave_out:
        asks = asks.exclude(invitation=leave_out)
    told = asks.aggregate(times=Count("pk"), last=Max("asked_at"))
    return Asked(cap=cap_of(row), times=told["times"], last_at=told["last"])


def cap_of(row: Cap) -> caps.Cap:
    return caps.Cap(
        id=row.pk,
        name=row.name,
        most=row.most,
        span=row.within,
        object=row.object,
        condition=parse(row.condition) if row.condition else None,
    )


def asked(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Those of the invitations that reached their person, or will."""
    return rows.exclude(_not_asked())


def _that_count(asks: QuerySet[Ask]) -> QuerySet[Ask]:
    unsent = [Mail.FAILED, Mail.STOPPED]
    return asks.exclude(_not_asked("invitation__")).exclude(
        follow_up_mail__mail__in=unsent
    )


def _not_asked(to: str = "") -> Q:
    """Who was never written to after all was not, nor who was only tried out on."""
    return (
        Q(**{f"{to}is_test": True})
        | Q(**{f"{to}mail": Mail.FAILED})
        | Q(**{f"{to}cancelled_at__isnull": False, f"{to}sent_at": None})
    )


def _make(keys: Iterable[str]) -> dict[str, int]:
    wanted = sorted(set(keys))
    AskSubject.objects.bulk_create(
        [AskSubject(key=key) for key in wanted], ignore_conflicts=True
    )
    found = AskSubject.objects.filter(key__in=wanted)
    return dict(found.values_list("key", "pk"))
