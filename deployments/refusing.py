"""Says whom a deployment may not ask of the people that somebody names, and why not.

It belongs into the transaction that invites the others: whoever is counted for a limit
is locked until its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from deployments import counting
from deployments.models import Cap, Deployment, Invitation
from deployments.rules import Invitee, caps
from deployments.rules.deciding import against_the_role
from deployments.rules.events import about, reader
from deployments.suppression import suppressed
from surveys.wording import gettext as _

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One person is not asked; the code is that of a trigger's decision."""

    code: str
    reason: str
    cap: int | None = None  # the limit that spoke against it


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the people, asked for all of them at once."""

    invited: frozenset[Key]  # for the very same event
    suppressed: Mapping[str, str]
    recent: frozenset[str]  # asked by this deployment within its quiet days


def against(
    *, deployment: Deployment, people: Sequence[Invitee], now: datetime
) -> dict[int, Refusal]:
    """Return what speaks against asking, by the place of the person."""
    limits = counting.caps_of(deployment)
    if limits or deployment.quiet_days:
        counting.lock(
            key
            for one in people
            for key in caps.subjects(one.email, one.records).values()
        )
    known = _look_up(deployment, people, now)
    within: dict[tuple[int, str], int] = {}
    found: dict[int, Refusal] = {}
    for place, one in enumerate(people):
        if (one.record_key, one.event_key) in known.invited:
            continue  # nothing new happens
        refusal = _against(deployment, one, known) or _full(one, limits, within, now)
        if refusal:
            found[place] = refusal
    return found


def _look_up(deployment: Deployment, people: Sequence[Invitee], now: datetime) -> Known:
    emails = [one.email for one in people]
    mine = Invitation.objects.filter(deployment=deployment)
    since = now - timedelta(days=deployment.quiet_days)
    recent = counting.asked(mine).filter(email__in=emails, created_at__gt=since)
    same = mine.filter(
        record_key__in={one.record_key for one in people},
        event_key__in={one.event_key for one in people} - {""},
        is_test=deployment.test_mode,
    )
    return Known(
        invited=frozenset(same.values_list("record_key", "event_key")),
        suppressed=suppressed(emails),
        recent=frozenset(
            recent.values_list("email", flat=True) if deployment.quiet_days else ()
        ),
    )


def _against(deployment: Deployment, one: Invitee, known: Known) -> Refusal | None:
    if why := known.suppressed.get(one.email):
        reason = _("Not to be asked: %(why)s.") % {"why": why}
        return Refusal(code="suppressed", reason=reason)
    role = against_the_role(one.email, skip_roles=deployment.skip_role_addresses)
    if role:
        return Refusal(code=role[0], reason=role[1])
    if one.email in known.recent:
        days = {"days": deployment.quiet_days}
        reason = _("Asked in the last %(days)s days.") % days
        return Refusal(code="asked_recently", reason=reason)
    return None


def _full(
    one: Invitee,
    limits: Sequence[Cap],
    within: dict[tuple[int, str], int],
    now: datetime,
) -> Refusal | None:
    """Count what is in the ledger, and those of these people that are not yet."""
    keys = caps.subjects(one.email, one.records)
    read = reader(about(one), now)
    counted = counting.count(limits, email=one.email, records=one.records, now=now)
    asked = [
        (each, (each.cap.id, keys[each.cap.object.lower()]))
        for each in counted
        if caps.applies(each.cap, read)
    ]
    for each, key in asked:
        if each.times + within.get(key, 0) >= each.cap.most:
            reason = caps.reason(each)
            return Refusal(code="capped", reason=reason, cap=each.cap.id)
    for _each, key in asked:
        within[key] = within.get(key, 0) + 1
    return None
