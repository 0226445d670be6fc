"""Owns late news: a response that goes on, or is changed, after it was written writes
the same records again, and makes no second ones."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, F, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from crm_mappings.delivery.forgetting import ERASED
from crm_mappings.models import Mapping, WriteBack, WrittenRecord
from responses.models import Response

State = WriteBack.State


def renew(*, response: Response, now: datetime) -> int:
    """Let the response's write-backs be written again; return how many.

    One that is being sent is taken out of the worker's hands: what that one has
    written is found again by our key, or looked for, when its lease, and so its call,
    has ended. What a person has put back stays so.
    """
    rows = WriteBack.objects.filter(response=response).exclude(error_code=ERASED)
    last = WrittenRecord.objects.filter(write_back=OuterRef("pk")).order_by()
    newest = last.values("write_back").annotate(last=Max("pk")).values("last")
    rows = rows.exclude(state=State.UNDONE)
    rows.filter(mapping__live_revision__isnull=False).update(revision=live_revision())
    sent = When(state=State.SENDING, then=Greatest(F("due_at"), Value(now)))
    return rows.update(
        state=State.WAITING,
        attempts=0,
        due_at=Case(sent, default=Value(now)),
        lease_token=None,
        bulk_job=None,
        error_class="",
        error_code="",
        reason="",
        rule=None,
        settled_at=None,
        renewed_after=Coalesce(Subquery(newest), 0),
    )


def live_revision() -> Subquery:
    """Return the mapping's live revision, for an update of its rows."""
    mapping = Mapping.objects.filter(pk=OuterRef("mapping_id"))
    return Subquery(mapping.values("live_revision_id")[:1])
