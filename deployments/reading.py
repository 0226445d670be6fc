"""Reads rows as what the rules speak of: a trigger as a rule, an event as an event."""

from __future__ import annotations

from datetime import timedelta

from deployments.models import (
    Deployment,
    Invitation,
    Trigger,
    TriggerDecision,
    TriggerEvent,
)
from deployments.rules import Event, Invitee, TriggerRule, When
from deployments.rules.events import about
from surveys.conditions import parse
from surveys.models import Survey


def rule_of(trigger: Trigger) -> TriggerRule:
    deployment = trigger.deployment
    survey = deployment.survey
    return TriggerRule(
        source=trigger.source,
        object=trigger.object,
        email_field=trigger.email_field,
        name_field=trigger.name_field,
        language_field=trigger.language_field,
        time_zone_field=trigger.time_zone_field,
        opt_out_field=trigger.opt_out_field,
        segment_field=trigger.segment_field,
        records=trigger.records,
        variables=trigger.variables,
        repeat_field=trigger.repeat_field,
        condition=parse(trigger.condition) if trigger.condition else None,
        when=When(trigger.when),
        share=float(trigger.share),
        delay=timedelta(minutes=trigger.delay_minutes),
        window=deployment.window,
        starts_at=trigger.starts_at,
        ends_at=trigger.ends_at,
        is_active=trigger.is_active,
        deployment=str(deployment),
        deployment_key=deployment.key,
        deployment_is_live=deployment.status == Deployment.Status.LIVE,
        survey_is_published=bool(survey.live_version_id)
        and survey.status == Survey.Status.LIVE,
        quiet_days=deployment.quiet_days,
        skip_role_addresses=deployment.skip_role_addresses,
    )


def event_of(row: TriggerEvent) -> Event:
    """Return the event with what was looked up; what was told comes first."""
    return Event(
        source=row.source,
        event_id=row.event_id,
        object=row.object,
        record_id=row.record_id,
        fields={**row.looked_up, **row.fields},
        occurred_at=row.occurred_at,
        is_own=row.is_own,
    )


def told_of(invitation: Invitation) -> Event:
    """Return what led to an invitation; without an event, what is known of the person."""
    decisions = TriggerDecision.objects.filter(invitation=invitation, invited=True)
    decision = decisions.select_related("event").order_by("-pk").first()
    if decision and decision.event:
        return event_of(decision.event)
    return about(
        Invitee(
            email=invitation.email,
            language=invitation.language,
            segment=invitation.segment,
            variables=invitation.variables,
        )
    )
