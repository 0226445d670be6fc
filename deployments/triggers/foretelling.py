"""Says what would be decided about a record as it is now. Nothing is kept, and nobody
is asked: it answers for whoever no event ever named."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from deployments import counting, sources
from deployments.models import Trigger, TriggerEvent
from deployments.reading import event_of, rule_of
from deployments.rules import decide, invitee
from deployments.rules.deciding import paths
from deployments.rules.events import FOUND
from deployments.sources import SourceError, UnknownSource
from deployments.triggers import facts
from surveys.conditions import ConditionError

UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """What one trigger would decide; `UNREAD` where the record could not be read."""

    trigger: Trigger
    invite: bool
    code: str
    reason: str


def foretell(
    *, record_id: str, triggers: Iterable[Trigger], now: datetime
) -> Iterator[Foretold]:
    """Say it of each trigger whose source shows such a record."""
    for trigger in triggers:
        if not sources.can_be_asked(trigger.source):
            continue
        try:
            found = _read(trigger, record_id)
            if found is not None:
                yield _decide(trigger, record_id, found, now)
        except (SourceError, UnknownSource, ConditionError) as error:
            yield Foretold(
                trigger=trigger, invite=False, code=UNREAD, reason=str(error)
            )


def _read(trigger: Trigger, record_id: str) -> Mapping[str, object] | None:
    feed = sources.get(trigger.source)
    wanted = [*paths(rule_of(trigger)), "CreatedDate"]
    found = feed.read(trigger.source, trigger.object, [record_id], wanted)
    return found.get(record_id)


def _decide(
    trigger: Trigger, record_id: str, fields: Mapping[str, object], now: datetime
) -> Foretold:
    row = TriggerEvent(
        pk=sys.maxsize,  # later than every event that is kept
        source=trigger.source,
        event_id=f"{FOUND}{record_id}",
        object=trigger.object,
        record_id=record_id,
        fields=dict(fields),
        occurred_at=now,
    )
    rule, event = rule_of(trigger), event_of(row)
    caps = counting.caps_of(trigger.deployment)
    person = facts.gather(row, trigger, rule, invitee(rule, event), caps, now)
    decision = decide(rule, event, person, now)
    return Foretold(
        trigger=trigger,
        invite=decision.invite,
        code=decision.code,
        reason=decision.reason,
    )
