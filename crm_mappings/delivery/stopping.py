"""Owns how a mapping is stopped that its organisation has outgrown."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from crm_mappings import connections
from crm_mappings.delivery import news
from crm_mappings.models import Mapping, WriteBack
from crm_mappings.salesforce.errors import Kind, Refusal


def stop_mapping(row: WriteBack, refusal: Refusal, *, now: datetime) -> None:
    """Stop a mapping that its organisation has outgrown; what waits is held.

    A newer revision is not touched: it may be the one that puts it right.
    """
    live = Mapping.objects.filter(pk=row.mapping_id, live_revision=row.revision_id)
    live.filter(Q(status=Mapping.Status.ACTIVE) | ~Q(problem="")).update(
        status=Mapping.Status.PAUSED, problem=refusal.message
    )
    connections.forget(connection=row.mapping.connection)
    waiting = WriteBack.objects.filter(
        mapping=row.mapping_id, revision=row.revision_id, state=WriteBack.State.WAITING
    )
    keys = list(waiting.values_list("pk", flat=True))
    WriteBack.objects.filter(pk__in=keys, state=WriteBack.State.WAITING).update(
        state=WriteBack.State.HELD,
        error_class=Kind.SCHEMA.value,
        error_code="MAPPING_PAUSED",
        reason=refusal.message,
        settled_at=now,
    )
    news.tell(keys, now=now)
