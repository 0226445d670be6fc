"""Looks at the records once more, right before their mails go out: a case that was
opened again, a deal that is lost after all, asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from deployments import sources
from deployments.models import Invitation, TriggerDecision, TriggerEvent
from deployments.reading import event_of, rule_of
from deployments.rules import Event, TriggerRule, matches
from deployments.rules.deciding import paths
from deployments.sources import SourceError, UnknownSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """There is no reason to ask any more."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """The record could not be read: nobody knows."""

    reason: str


Looked = dict[int, Changed | Unread]
Decided = tuple[TriggerDecision, TriggerEvent]


def look_again(rows: Sequence[Invitation], now: datetime) -> Looked:
    """Return what speaks against mailing these invitations, by their keys."""
    groups: dict[tuple[str, str], list[Decided]] = defaultdict(list)
    decisions = TriggerDecision.objects.filter(
        invitation__in=[row.pk for row in rows], trigger__recheck=True, invited=True
    ).select_related("event", "trigger__deployment__survey")
    for decision in decisions:
        if event := decision.event:
            groups[event.source, event.object].append((decision, event))
    looked: Looked = {}
    for (source, object_name), group in groups.items():
        looked |= _look(source, object_name, group, now)
    return looked


def _look(
    source: str, object_name: str, group: Sequence[Decided], now: datetime
) -> Looked:
    rules = {one.pk: rule_of(one.trigger) for one, _event in group if one.trigger}
    wanted = sorted({path for rule in rules.values() for path in paths(rule)})
    ids = [event.record_id for _one, event in group]
    try:
        found = sources.get(source).read(source, object_name, ids, wanted)
    except UnknownSource:
        found = _told_last(source, object_name, ids)
    except SourceError as error:
        unread = Unread(reason=_("The record could not be read: %s") % error)
        keys = [one.invitation_id for one, _event in group]
        return {key: unread for key in keys if key}
    looked: Looked = {}
    for one, event in group:
        change = _change(rules[one.pk], event_of(event), found, now)
        if change and one.invitation_id:
            looked[one.invitation_id] = change
    return looked


def _change(
    rule: TriggerRule,
    event: Event,
    found: Mapping[str, Mapping[str, object]],
    now: datetime,
) -> Changed | None:
    fields = found.get(event.record_id)
    if fields is None:
        return Changed(reason=_("The record is gone, or not to be seen any more."))
    if matches(rule, replace(event, fields=fields), now):
        return None
    return Changed(
        reason=_("The record changed before the mail went out: it fits no more.")
    )


def _told_last(
    source: str, object_name: str, record_ids: Sequence[str]
) -> dict[str, Mapping[str, object]]:
    """Where nothing can be asked, what was told last is what is known."""
    told = TriggerEvent.objects.filter(
        source=source, object__iexact=object_name, record_id__in=record_ids
    ).order_by("occurred_at", "pk")
    return {row.record_id: event_of(row).fields for row in told}
