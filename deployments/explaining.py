"""Answers why a person was, or was not, asked: every decision, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from django.db.models import QuerySet

from deployments.addresses import normal_address
from deployments.models import Invitation, TriggerDecision
from deployments.rules import check_letters
from deployments.rules.events import SALESFORCE_ID
from deployments.suppression import why_suppressed

MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision; or an invitation that no event led to, such as a link."""

    at: datetime
    decision: TriggerDecision | None
    invitation: Invitation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    asked: str  # an address or the id of a record
    suppressed: str  # why the address is not to be asked at all
    entries: tuple[Entry, ...]


def explain(asked: str) -> Explanation:
    """Say all about an address, or about the id of a record."""
    asked = asked.replace("\x00", "").strip()
    if "@" not in asked:
        entries = list(_decided(about_record(asked)))
        return Explanation(asked=asked, suppressed="", entries=_newest(entries))
    email = normal_address(asked)
    entries = list(_decided(TriggerDecision.objects.filter(email=email)))
    entries += _uncaused(email)
    return Explanation(
        asked=asked, suppressed=why_suppressed(email), entries=_newest(entries)
    )


def about_record(record_id: str) -> QuerySet[TriggerDecision]:
    """Return the decisions about a record, however its id is spelled."""
    return TriggerDecision.objects.filter(event__record_id__in=spellings(record_id))


def spellings(record_id: str) -> list[str]:
    if not SALESFORCE_ID.match(record_id):
        return [record_id] if record_id else []
    short = record_id[:15]
    return [short, short + check_letters(short)]


def _decided(decisions: QuerySet[TriggerDecision]) -> Iterator[Entry]:
    rows = decisions.select_related(
        "event", "trigger", "deployment", "cap", "invitation"
    ).defer("invitation__token", "event__fields")
    for row in rows.order_by("-decided_at", "-pk")[:MOST]:
        yield Entry(at=row.decided_at, decision=row, invitation=row.invitation)


def _uncaused(email: str) -> Iterator[Entry]:
    rows = Invitation.objects.filter(email=email, decisions=None)
    rows = rows.select_related("deployment").defer("token")
    for row in rows.order_by("-created_at", "-pk")[:MOST]:
        yield Entry(at=row.created_at, decision=None, invitation=row)


def _newest(entries: list[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=attrgetter("at"), reverse=True)[:MOST])
