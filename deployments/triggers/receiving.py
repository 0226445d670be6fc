"""Takes in what other systems tell, each event once: it stores, and decides nothing."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from deployments.doorbell import ring
from deployments.models import TriggerEvent
from deployments.rules import Event
from surveys.texts import tidy
from surveys.wording import gettext as _

DECIDE_TASK = "deployments.tasks.decide_events"
# Salesforce hangs up after 60 seconds. SQLite waits for as long as the settings say.
PATIENCE = timedelta(seconds=10)
LONGEST = {"source": 100, "event_id": 100, "object": 100, "record_id": 100}


class UnusableEvent(ValueError):
    """An event that cannot be stored; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    stored: int
    repeated: int


def receive(
    *, events: Sequence[Event], now: datetime, patience: timedelta = PATIENCE
) -> Received:
    """Store each event once by its source and event id: all of them, or none.

    A database that takes longer than `patience` is an error: the sender sends again.
    """
    receipt = uuid.uuid4()
    rows = [_row(event, receipt, now) for event in events]
    with transaction.atomic():
        _hurry(patience)
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


def _hurry(patience: timedelta) -> None:
    """Let neither a lock nor a slow disk keep the sender waiting for ever."""
    if connection.vendor == "postgresql":
        most = f"{int(patience.total_seconds() * 1000)}ms"
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('lock_timeout', %s, true),"
                " set_config('statement_timeout', %s, true)",
                [most, most],
            )


def redact_old(*, now: datetime, days: int, limit: int = 1000) -> int:
    """Take out of events what their time to be kept is over for; decisions stay."""
    old = TriggerEvent.objects.filter(received_at__lt=now - timedelta(days=days))
    old = old.exclude(state=TriggerEvent.State.WAITING).exclude(fields={})
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    return TriggerEvent.objects.filter(pk__in=keys).update(fields={}, looked_up={})


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
        is_own=event.is_own,
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
