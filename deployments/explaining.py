"""Answers why a person was, or was not, asked: every decision, newest first.

An address or the id of a record is asked for. Each caller sees the decisions of
surveys that it may see: `see` takes rows, and the way from them to their survey.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db.models import Q, QuerySet

from deployments.addresses import normal_address
from deployments.models import (
    Deployment,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.rules import check_letters
from deployments.rules.events import SALESFORCE_ID
from deployments.suppression import why_suppressed
from deployments.triggers.foretelling import Foretold, foretell

MOST = 200

See = Callable[[QuerySet[Any], str], QuerySet[Any]]


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


def everything(rows: QuerySet[Any], _path: str) -> QuerySet[Any]:
    return rows


def explain(asked: str, see: See = everything) -> Explanation:
    """Say all about an address, or about the id of a record."""
    asked = tidy(asked)
    email = normal_address(asked) if "@" in asked else ""
    about = Q(email=email) if email else about_record(asked)
    entries = list(_decided(seen_decisions(see).filter(about)))
    entries += _uncaused(email, asked, see)
    newest = sorted(entries, key=attrgetter("at"), reverse=True)[:MOST]
    return Explanation(
        asked=asked,
        suppressed=why_suppressed(email) if email else "",
        entries=tuple(newest),
    )


def as_it_is_now(asked: str, now: datetime, see: See = everything) -> list[Foretold]:
    """Say what each trigger would decide about the record as it is now."""
    record_id = tidy(asked)
    if not record_id or "@" in record_id:
        return []
    triggers = Trigger.objects.select_related("deployment__survey").order_by("pk")
    wanted = see(triggers, "deployment__survey")
    return list(foretell(record_id=record_id, triggers=wanted, now=now))


def tidy(asked: str) -> str:
    return asked.replace("\x00", "").strip()


def seen_decisions(see: See) -> QuerySet[TriggerDecision]:
    """Those about surveys that may be seen, and those about none."""
    mine = see(Deployment.objects.all(), "survey").values("pk")
    return TriggerDecision.objects.filter(Q(deployment=None) | Q(deployment__in=mine))


def about_record(record_id: str) -> Q:
    """Which decisions are about a record, however its id is spelled."""
    ids = spellings(record_id)
    # Asked for first, so that the database finds both parts by their indexes.
    events = TriggerEvent.objects.filter(record_id__in=ids).order_by("-pk")
    keys = list(events.values_list("pk", flat=True)[:MOST])
    return Q(event__in=keys) | Q(record_id__in=ids)


def spellings(record_id: str) -> list[str]:
    if not SALESFORCE_ID.match(record_id):
        return [record_id] if record_id else []
    short = record_id[:15]
    return [short, short + check_letters(short)]


def _decided(decisions: QuerySet[TriggerDecision]) -> Iterator[Entry]:
    rows = decisions.select_related(
        "event", "mailing", "trigger", "deployment", "cap", "invitation"
    ).defer("invitation__token", "event__fields", "mailing__bad")
    for row in rows.order_by("-decided_at", "-pk")[:MOST]:
        yield Entry(at=row.decided_at, decision=row, invitation=row.invitation)


def _uncaused(email: str, asked: str, see: See) -> Iterator[Entry]:
    """Invitations by a link, a file or a list."""
    rows = Invitation.objects.filter(decisions=None)
    about = Q(email=email) if email else Q(records__has_any_value=spellings(asked))
    rows = rows.filter(about)
    rows = see(rows, "deployment__survey").select_related("deployment").defer("token")
    for row in rows.order_by("-created_at", "-pk")[:MOST]:
        yield Entry(at=row.created_at, decision=None, invitation=row)
