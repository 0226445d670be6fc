"""Decides about events that wait: each is claimed with a lease, and gets one decision
a trigger, with its reason."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments import counting
from deployments.doorbell import ring
from deployments.invitations import SEND_TASK, invite_many
from deployments.models import (
    Deployment,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.reading import event_of, rule_of
from deployments.rules import (
    Decision,
    Event,
    PersonFacts,
    TriggerRule,
    decide,
    invitee,
)
from deployments.signals import trigger_decided
from deployments.sources import SourceError, SourceUnavailable
from deployments.triggers import facts
from deployments.triggers.looking_up import look_up
from deployments.triggers.receiving import DECIDE_TASK

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # longer than a worker may take for a whole batch
MOST_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=30)
SOURCE_PAUSE = timedelta(minutes=5)  # until a source that is away is asked again
SOURCE_PATIENCE = timedelta(days=3)
WORKER_DIED = gettext_lazy(
    "The worker stopped each time while it decided; look at its log."
)


class LeaseLost(Exception):
    """Another worker has taken the event over in the meantime."""


def decide_waiting(*, now: datetime, limit: int = 200) -> int:
    """Decide about the events that are due; return how many were settled."""
    _give_up(now)
    waiting = list(_due(now).order_by("due_at", "pk")[:limit])
    unread = look_up(waiting)
    settled = sum(_claim_and_decide(row, unread.get(row.pk), now) for row in waiting)
    if settled:
        ring(SEND_TASK)
    if len(waiting) == limit:
        ring(DECIDE_TASK)
    return settled


def decide_again(*, events: QuerySet[TriggerEvent], now: datetime) -> int:
    """Let the failed ones among the events be decided anew."""
    return _wait_again(_readable(events).filter(state=TriggerEvent.State.FAILED), now)


def replay(*, events: QuerySet[TriggerEvent], now: datetime) -> int:
    """Let decided events be decided anew, by the rules as they are now.

    Nobody is asked twice for it: whoever was invited for the record stays invited.
    """
    rows = _readable(events).exclude(state=TriggerEvent.State.WAITING)
    with transaction.atomic():
        keys = list(rows.select_for_update().values_list("pk", flat=True))
        asked_nobody = TriggerDecision.objects.filter(event__in=keys, invited=False)
        asked_nobody.delete()
        return _wait_again(TriggerEvent.objects.filter(pk__in=keys), now)


def _readable(events: QuerySet[TriggerEvent]) -> QuerySet[TriggerEvent]:
    """Those that still say something: a decision about nothing would be wrong."""
    return events.exclude(record_id="").exclude(fields={})


def _wait_again(rows: QuerySet[TriggerEvent], now: datetime) -> int:
    count = rows.update(
        state=TriggerEvent.State.WAITING,
        attempts=0,
        due_at=now,
        lease_token=None,
        looked_up={},
        error="",
    )
    if count:
        ring(DECIDE_TASK)
    return count


def _due(now: datetime) -> QuerySet[TriggerEvent]:
    return TriggerEvent.objects.filter(
        state=TriggerEvent.State.WAITING, due_at__lte=now, attempts__lt=MOST_ATTEMPTS
    )


def _give_up(now: datetime) -> None:
    """Fail what took its worker down at every attempt."""
    TriggerEvent.objects.filter(
        state=TriggerEvent.State.WAITING, due_at__lte=now, attempts__gte=MOST_ATTEMPTS
    ).update(state=TriggerEvent.State.FAILED, error=str(WORKER_DIED))


def _claim_and_decide(
    row: TriggerEvent, unread: SourceError | None, now: datetime
) -> bool:
    lease = uuid.uuid4()
    # The claim counts the attempt, so that an event that kills its worker runs out
    # of attempts as well.
    claimed = (
        _due(now)
        .filter(pk=row.pk)
        .update(lease_token=lease, due_at=now + LEASE, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    held = TriggerEvent.objects.filter(
        pk=row.pk, lease_token=lease, state=TriggerEvent.State.WAITING
    )
    try:
        if unread:
            raise unread
        with transaction.atomic():
            _decide_event(TriggerEvent.objects.get(pk=row.pk), now)
            if not held.update(state=TriggerEvent.State.DECIDED, error=""):
                raise LeaseLost
    except LeaseLost:
        log.warning("Event %s was taken over by another worker", row.pk)
        return False
    except SourceUnavailable as error:
        _ask_later(held, error, now)
        return False
    except Exception as error:  # one bad event must not hold up the others
        log.exception("Event %s could not be decided", row.pk)
        _retry(held, error, now)
        return False
    return True


def _ask_later(
    held: QuerySet[TriggerEvent], error: SourceUnavailable, now: datetime
) -> None:
    """The source is away, which is no fault of the event: wait, for days if need be."""
    event = held.first()
    if event is None:
        return
    if event.received_at < now - SOURCE_PATIENCE:
        held.update(state=TriggerEvent.State.FAILED, error=str(error)[:2000])
    else:
        held.update(
            attempts=F("attempts") - 1,
            due_at=now + SOURCE_PAUSE,
            error=str(error)[:2000],
        )


def _retry(held: QuerySet[TriggerEvent], error: Exception, now: datetime) -> None:
    event = held.first()
    if event is None:
        return
    if event.attempts >= MOST_ATTEMPTS:
        changes: dict[str, Any] = {"state": TriggerEvent.State.FAILED}
    else:
        changes = {"due_at": now + FIRST_PAUSE * 2 ** (event.attempts - 1)}
    held.update(error=f"{type(error).__name__}: {error}"[:2000], **changes)


def _decide_event(row: TriggerEvent, now: datetime) -> None:
    event = event_of(row)
    listening = Trigger.objects.filter(source=row.source, object__iexact=row.object)
    triggers = list(
        listening.select_related("deployment__survey").order_by("deployment_id", "pk")
    )
    kept = row.decisions.values_list("trigger", flat=True)
    rules = [(one, rule_of(one)) for one in triggers if one.pk not in set(kept)]
    caps = {one.pk: counting.caps_of(one.deployment) for one, _rule in rules}
    facts.lock(
        [one.deployment for one, _rule in rules],
        [invitee(rule, event) for _one, rule in rules],
        [cap for some in caps.values() for cap in some],
    )
    for trigger, rule in rules:
        person = facts.gather(
            row, trigger, rule, invitee(rule, event), caps[trigger.pk], now
        )
        _decide_trigger(row, event, trigger, rule, person, now)
    if not triggers:
        TriggerDecision.objects.create(
            event=row,
            invited=False,
            code="no_trigger",
            reason=_("No trigger listens to %(object)s of %(source)s.")
            % {"object": row.object, "source": row.source},
            decided_at=now,
        )


def _decide_trigger(
    row: TriggerEvent,
    event: Event,
    trigger: Trigger,
    rule: TriggerRule,
    person: PersonFacts,
    now: datetime,
) -> None:
    decision = decide(rule, event, person, now)
    invitation = None
    if decision.invite:
        invitation, created = _invite(trigger.deployment, decision, now)
        if not created:  # another worker was faster by a moment
            person = replace(person, asked_about_this_record=True)
            decision = decide(rule, event, person, now)
    kept = TriggerDecision.objects.create(
        event=row,
        trigger=trigger,
        deployment=trigger.deployment,
        invited=decision.invite,
        code=decision.code,
        reason=decision.reason,
        invitation=invitation,
        email=decision.recipient.email[:254],
        draw=decision.draw,
        cap_id=decision.cap,
        decided_at=now,
    )
    trigger_decided.send(TriggerDecision, decision=kept)


def _invite(
    deployment: Deployment, decision: Decision, now: datetime
) -> tuple[Invitation, bool]:
    (invited,) = invite_many(
        deployment=deployment,
        invitees=[decision.recipient],
        now=now,
        # With tracking links the CRM mails by itself.
        send=deployment.channel != Deployment.Channel.LINKS,
        send_at=decision.send_at,
        wake=False,
    )
    return invited.invitation, invited.created
