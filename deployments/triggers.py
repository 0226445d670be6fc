"""Takes in what other systems tell, each event once, and decides about it later.

`receive` only stores: the sender gets its acknowledgement when the rows are there.
`decide_waiting` claims each event with a lease, and writes one decision a trigger.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F, Max, QuerySet

from deployments.doorbell import ring
from deployments.invitations import SEND_TASK, invite_many
from deployments.models import (
    Deployment,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.rules import (
    Event,
    Invitee,
    PersonFacts,
    TriggerRule,
    decide,
    invitee,
)
from deployments.suppression import why_suppressed
from surveys.conditions import parse
from surveys.models import Survey
from surveys.texts import tidy
from surveys.wording import gettext as _

log = logging.getLogger(__name__)

DECIDE_TASK = "deployments.tasks.decide_events"
LEASE = timedelta(minutes=5)  # longer than a worker may take for a whole batch
MOST_ATTEMPTS = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST = {"source": 100, "event_id": 100, "object": 100, "record_id": 100}
WORKER_DIED = "The worker stopped each time while it decided; look at its log."


class UnusableEvent(ValueError):
    """An event that cannot be stored; the text says why."""


class LeaseLost(Exception):
    """Another worker has taken the event over in the meantime."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    stored: int
    repeated: int


def receive(*, events: Sequence[Event], now: datetime) -> Received:
    """Store each event once by its source and event id: all of them, or none."""
    receipt = uuid.uuid4()
    rows = [_row(event, receipt, now) for event in events]
    with transaction.atomic():
        TriggerEvent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        # The receipt tells our rows from those that others stored before us.
        stored = TriggerEvent.objects.filter(
            source__in={row.source for row in rows},
            event_id__in={row.event_id for row in rows},
            lease_token=receipt,
        ).count()
        if stored:
            ring(DECIDE_TASK)
    return Received(stored=stored, repeated=len(rows) - stored)


def decide_waiting(*, now: datetime, limit: int = 200) -> int:
    """Decide about the events that are due; return how many were settled."""
    _give_up(now)
    due = _due(now).order_by("due_at", "pk").values_list("pk", flat=True)
    waiting = list(due[:limit])
    settled = sum(_claim_and_decide(pk, now) for pk in waiting)
    if settled:
        ring(SEND_TASK)
    if len(waiting) == limit:
        ring(DECIDE_TASK)
    return settled


def decide_again(*, events: QuerySet[TriggerEvent], now: datetime) -> int:
    """Let the failed ones among the events be decided anew."""
    failed = events.filter(state=TriggerEvent.State.FAILED)
    count = failed.update(
        state=TriggerEvent.State.WAITING,
        attempts=0,
        due_at=now,
        lease_token=None,
        error="",
    )
    if count:
        ring(DECIDE_TASK)
    return count


def rule_of(trigger: Trigger) -> TriggerRule:
    deployment = trigger.deployment
    survey = deployment.survey
    return TriggerRule(
        source=trigger.source,
        object=trigger.object,
        email_field=trigger.email_field,
        name_field=trigger.name_field,
        language_field=trigger.language_field,
        records=trigger.records,
        variables=trigger.variables,
        repeat_field=trigger.repeat_field,
        condition=parse(trigger.condition) if trigger.condition else None,
        is_active=trigger.is_active,
        deployment=str(deployment),
        deployment_is_live=deployment.status == Deployment.Status.LIVE,
        survey_is_published=bool(survey.live_version_id)
        and survey.status == Survey.Status.LIVE,
        quiet_days=deployment.quiet_days,
    )


def _row(event: Event, receipt: uuid.UUID, now: datetime) -> TriggerEvent:
    for name, longest in LONGEST.items():
        value = getattr(event, name)
        if not value.strip() or len(value) > longest or "\x00" in value:
            raise UnusableEvent(
                _(
                    "An event needs %(name)s: 1 to %(longest)s characters, not "
                    "%(value)r."
                )
                % {"name": name, "longest": longest, "value": value[:50]}
            )
    return TriggerEvent(
        source=event.source,
        event_id=event.event_id,
        object=event.object,
        record_id=event.record_id,
        fields=_storable(event.fields),
        occurred_at=event.occurred_at,
        received_at=now,
        due_at=now,
        lease_token=receipt,
    )


def _storable(fields: Mapping[str, object]) -> Any:
    """Return the fields as JSON that every database takes."""
    try:
        text = json.dumps(dict(fields), cls=DjangoJSONEncoder, allow_nan=False)
        return _clean(json.loads(text))
    except (TypeError, ValueError, RecursionError) as error:
        raise UnusableEvent(
            _("The fields of an event are no JSON: %(error)s.") % {"error": error}
        ) from error


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {tidy(key): _clean(item) for key, item in value.items()}
    return value


def _due(now: datetime) -> QuerySet[TriggerEvent]:
    return TriggerEvent.objects.filter(
        state=TriggerEvent.State.WAITING, due_at__lte=now, attempts__lt=MOST_ATTEMPTS
    )


def _give_up(now: datetime) -> None:
    """Fail what took its worker down at every attempt."""
    TriggerEvent.objects.filter(
        state=TriggerEvent.State.WAITING, due_at__lte=now, attempts__gte=MOST_ATTEMPTS
    ).update(state=TriggerEvent.State.FAILED, error=WORKER_DIED)


def _claim_and_decide(pk: int, now: datetime) -> bool:
    lease = uuid.uuid4()
    # The claim counts the attempt, so that an event that kills its worker runs out
    # of attempts as well.
    claimed = (
        _due(now)
        .filter(pk=pk)
        .update(lease_token=lease, due_at=now + LEASE, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    held = TriggerEvent.objects.filter(
        pk=pk, lease_token=lease, state=TriggerEvent.State.WAITING
    )
    try:
        with transaction.atomic():
            _decide_event(TriggerEvent.objects.get(pk=pk), now)
            if not held.update(state=TriggerEvent.State.DECIDED, error=""):
                raise LeaseLost
    except LeaseLost:
        log.warning("Event %s was taken over by another worker", pk)
        return False
    except Exception as error:  # one bad event must not hold up the others
        log.exception("Event %s could not be decided", pk)
        _retry(held, error, now)
        return False
    return True


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
    event = Event(
        source=row.source,
        event_id=row.event_id,
        object=row.object,
        record_id=row.record_id,
        fields=row.fields,
        occurred_at=row.occurred_at,
    )
    listening = Trigger.objects.filter(source=row.source, object__iexact=row.object)
    triggers = list(
        listening.select_related("deployment__survey").order_by("deployment_id", "pk")
    )
    for trigger in triggers:
        _decide_trigger(row, event, trigger, now)
    if not triggers:
        TriggerDecision.objects.create(
            event=row,
            invited=False,
            code="no_trigger",
            reason=f"No trigger listens to {row.object} of {row.source}.",
            decided_at=now,
        )


def _decide_trigger(
    row: TriggerEvent, event: Event, trigger: Trigger, now: datetime
) -> None:
    rule = rule_of(trigger)
    person = _facts(trigger.deployment, invitee(rule, event))
    decision = decide(rule, event, person, now)
    invitation = None
    if decision.invite:
        invitation, created = _invite(trigger.deployment, decision.recipient, now)
        if not created:  # another worker was faster by a moment
            person = replace(person, asked_about_this_record=True)
            decision = decide(rule, event, person, now)
    TriggerDecision.objects.create(
        event=row,
        trigger=trigger,
        deployment=trigger.deployment,
        invited=decision.invite,
        code=decision.code,
        reason=decision.reason,
        invitation=invitation,
        decided_at=now,
    )


def _facts(deployment: Deployment, person: Invitee) -> PersonFacts:
    # The lock first: what is read after it is what the other worker has left.
    last_asked_at = _last_asked(deployment, person) if deployment.quiet_days else None
    asked = Invitation.objects.filter(
        deployment=deployment, record_key=person.record_key, event_key=person.event_key
    )
    return PersonFacts(
        suppressed=why_suppressed(person.email),
        asked_about_this_record=asked.exists(),
        last_asked_at=last_asked_at,
    )


def _last_asked(deployment: Deployment, person: Invitee) -> datetime | None:
    """Look, and let nobody else look before this decision is made."""
    Deployment.objects.select_for_update(no_key=True).get(pk=deployment.pk)
    asked = Invitation.objects.filter(
        deployment=deployment, email=person.email, cancelled_at=None
    )
    last: datetime | None = asked.exclude(email="").aggregate(at=Max("created_at"))[
        "at"
    ]
    return last


def _invite(
    deployment: Deployment, person: Invitee, now: datetime
) -> tuple[Invitation, bool]:
    (invited,) = invite_many(
        deployment=deployment, invitees=[person], now=now, send=True, wake=False
    )
    return invited.invitation, invited.created
