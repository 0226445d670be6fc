"""Gathers what the rules must know of a person and a record before they decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from deployments import counting
from deployments.models import (
    Cap,
    Deployment,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.reading import event_of
from deployments.rules import Invitee, PersonFacts, TriggerRule, When, matches
from deployments.rules.caps import subjects
from deployments.suppression import why_suppressed


def lock(
    deployments: Iterable[Deployment], invitees: Iterable[Invitee], caps: Iterable[Cap]
) -> None:
    """Let nobody else count these people, where anything is counted at all."""
    if any(deployment.quiet_days for deployment in deployments) or any(
        True for _ in caps
    ):
        counting.lock(
            key for one in invitees for key in subjects(one.email, one.records).values()
        )


def gather(
    row: TriggerEvent,
    trigger: Trigger,
    rule: TriggerRule,
    invitee: Invitee,
    caps: list[Cap],
    now: datetime,
) -> PersonFacts:
    """Read it all; what is counted must have been locked before."""
    deployment = trigger.deployment
    asked = Invitation.objects.filter(
        deployment=deployment,
        is_test=deployment.test_mode,
        record_key=invitee.record_key,
        event_key=invitee.event_key,
    )
    before = _before(row, trigger) if rule.when is not When.MATCHES else None
    return PersonFacts(
        suppressed=why_suppressed(invitee.email),
        asked_about_this_record=asked.exists(),
        last_asked_at=_last_asked(deployment, invitee) if rule.quiet_days else None,
        asked=counting.count(
            caps, email=invitee.email, records=invitee.records, now=now
        ),
        newer_state_at=_newer_state_at(row, rule, now),
        heard_before=before is not None,
        matched_before=before is not None and _matched(before, trigger, rule, now),
    )


def _last_asked(deployment: Deployment, person: Invitee) -> datetime | None:
    rows = Invitation.objects.filter(deployment=deployment, email=person.email)
    asked = counting.asked(rows).exclude(email="")
    last: datetime | None = asked.aggregate(at=Max("created_at"))["at"]
    return last


def _same_record(row: TriggerEvent) -> QuerySet[TriggerEvent]:
    return TriggerEvent.objects.filter(
        record_id=row.record_id, source=row.source, object__iexact=row.object
    ).exclude(pk=row.pk)


def _newer_state_at(
    row: TriggerEvent, rule: TriggerRule, now: datetime
) -> datetime | None:
    """Return when the record was told of later.

    What Tellback itself wrote later asks nobody, and so takes the place of this
    state only where the condition holds no more in it.
    """
    if row.occurred_at is None:
        return None
    newer = _same_record(row).filter(occurred_at__gt=row.occurred_at)
    last = newer.order_by("is_own", "-occurred_at", "-pk").first()
    if last is None or (last.is_own and _holds_in(last, row, rule, now)):
        return None
    return last.occurred_at


def _holds_in(
    last: TriggerEvent, row: TriggerEvent, rule: TriggerRule, now: datetime
) -> bool:
    """Of related records, our own state tells what was looked up for the other."""
    event = event_of(last)
    fields = {**row.looked_up, **event.fields}
    return matches(rule, replace(event, fields=fields), now)


def _matched(
    before: TriggerEvent, trigger: Trigger, rule: TriggerRule, now: datetime
) -> bool:
    """By its fields; by its decision, where those were kept long enough."""
    if before.fields:
        return matches(rule, event_of(before), now)
    unmet = before.decisions.filter(trigger=trigger, code="condition_not_met")
    return not unmet.exists()


def _before(row: TriggerEvent, trigger: Trigger) -> TriggerEvent | None:
    """Return the state of the record that was last decided about before this one."""
    passed_over = TriggerDecision.objects.filter(trigger=trigger, code="outdated")
    earlier = _same_record(row).filter(state=TriggerEvent.State.DECIDED)
    if row.occurred_at:
        earlier = earlier.filter(
            Q(occurred_at__lt=row.occurred_at)
            | Q(occurred_at=row.occurred_at, pk__lt=row.pk)
        )
    else:
        earlier = earlier.filter(pk__lt=row.pk)
    return (
        earlier.exclude(pk__in=passed_over.values("event"))
        .order_by("-occurred_at", "-pk")
        .first()
    )
