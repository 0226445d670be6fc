"""Puts what happened to an invitation on its way to the fields that want to hear it.

It runs inside the transaction of what happened: rows, and nothing that can fail for a
reason of the CRM's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm_mappings.models import Connection, MilestoneRule, RecordUpdate
from crm_mappings.plan.schema import is_id
from crm_mappings.salesforce.client import name as api_name
from crm_mappings.salesforce.session import Refused
from deployments.doorbell import ring
from deployments.models import Invitation, TriggerDecision, TriggerEvent

TASK = "crm_mappings.tasks.write_milestones"

# What a field can hear: its key in `MilestoneRule.fields`, and how people call it.
TIMES = {
    "invited": gettext_lazy("Queued"),
    "sent": gettext_lazy("Sent"),
    "delivered": gettext_lazy("Delivered"),
    "bounced": gettext_lazy("Came back"),
    "read": gettext_lazy("Mail opened"),
    "opened": gettext_lazy("Link clicked"),
    "started": gettext_lazy("Started"),
    "completed": gettext_lazy("Completed"),
    "reminded": gettext_lazy("Reminded"),
    "opted_out": gettext_lazy("Opted out"),
    "expired": gettext_lazy("Expired"),
}
STATUS, LINK, NO_MAIL, DECISION = "status", "link", "no_mail", "decision"
NAMES = {
    STATUS: gettext_lazy("The last milestone, in a word"),
    **TIMES,
    LINK: gettext_lazy("The tracking link"),
    NO_MAIL: gettext_lazy("A checkbox: wants no mail (HasOptedOutOfEmail)"),
    DECISION: gettext_lazy("Why somebody was, or was not, asked"),
}
# Stands for the link until it is written: whoever holds it can answer.
LINK_HERE = "{{ link }}"
NO_MAIL_AFTER = frozenset({"opted_out", "complained"})


def note_milestone(*, invitation: Invitation, milestone: str, now: datetime) -> int:
    """Note a milestone at every record that wants to hear of it; return how many."""
    if invitation.is_test or not invitation.records:
        return 0
    rules = MilestoneRule.objects.filter(
        deployment=invitation.deployment_id, is_active=True
    ).select_related("connection")
    rows = [
        row
        for rule in rules
        for row in _rows(
            rule, invitation, _values(rule.fields, invitation, milestone, now), now
        )
    ]
    return _keep(rows)


def note_decision(*, decision: TriggerDecision, now: datetime) -> int:
    """Note at the record of an event why it did, or did not, lead to a question."""
    event = decision.event
    if event is None:
        return 0
    rules = MilestoneRule.objects.filter(
        deployment=decision.deployment_id,
        object__iexact=event.object,
        is_active=True,
    ).select_related("connection")
    rows = [
        _row(rule, event.record_id, {field: decision.reason}, decision.invitation, now)
        for rule in rules
        if (field := rule.fields.get(DECISION)) and _is_of(rule.connection, event)
    ]
    return _keep([row for row in rows if is_id(row.record_id)])


def problems_of(fields: Mapping[str, str]) -> Iterator[str]:
    """Say what of a rule's fields cannot be."""
    for key, field in fields.items():
        if key not in NAMES:
            yield _("“%(key)s” is nothing that is told of an invitation.") % {
                "key": key[:40]
            }
        try:
            api_name(field)
        except Refused as error:
            yield error.refusal.message


def _is_of(connection: Connection, event: TriggerEvent) -> bool:
    return event.source == f"salesforce:{connection.key}"


def _values(
    fields: Mapping[str, str], invitation: Invitation, milestone: str, now: datetime
) -> dict[str, object]:
    told: dict[str, object] = {milestone: now.isoformat(), STATUS: milestone}
    if milestone == "invited" and invitation.token:
        told[LINK] = LINK_HERE
    if milestone in NO_MAIL_AFTER:
        told[NO_MAIL] = True
    return {field: told[key] for key, field in fields.items() if key in told}


def _rows(
    rule: MilestoneRule,
    invitation: Invitation,
    values: dict[str, object],
    now: datetime,
) -> Iterator[RecordUpdate]:
    for object_name, record_id in invitation.records.items():
        wanted = object_name.lower() == rule.object.lower() and is_id(record_id)
        if values and wanted:
            yield _row(rule, record_id, values, invitation, now)


def _row(
    rule: MilestoneRule,
    record_id: str,
    values: dict[str, object],
    invitation: Invitation | None,
    now: datetime,
) -> RecordUpdate:
    return RecordUpdate(
        connection=rule.connection,
        invitation=invitation,
        object=rule.object,
        record_id=record_id,
        values=values,
        due_at=now,
        created_at=now,
    )


def _keep(rows: Iterable[RecordUpdate]) -> int:
    made = RecordUpdate.objects.bulk_create(rows)
    if made:
        ring(TASK)
    return len(made)
