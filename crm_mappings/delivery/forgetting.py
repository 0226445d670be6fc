"""Takes the copies of an erased response out of the outbox and its log.

What was written to Salesforce stays there, is cleared or is deleted, as the mapping
says (`erasing` does it); which records that were stays known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from crm_mappings.models import Attempt, UndoFinding, WriteBack, WrittenRecord
from crm_mappings.plan.specs import Erasure
from deployments.doorbell import ring
from responses.models import Response

ERASED = "RESPONSE_ERASED"
WATCH = "crm_mappings.tasks.watch_write_backs"


def forget(*, response: Response, now: datetime) -> None:
    """Stop what was not written yet; a worker that is sending cannot settle it."""
    rows = WriteBack.objects.filter(response=response)
    rows.exclude(state=WriteBack.State.WRITTEN).update(
        state=WriteBack.State.SKIPPED,
        error_class="",
        error_code=ERASED,
        lease_token=None,
        settled_at=now,
    )
    rows.update(before={}, in_doubt=[], rule=None, reason="")
    rows.filter(error_code=ERASED).update(reason=_("The response was erased."))
    for row in rows.select_related("mapping__live_revision", "revision"):
        _forget_records(row, now)
    Attempt.objects.filter(write_back__response=response).update(
        message="", exchange=[]
    )
    UndoFinding.objects.filter(write_back__response=response).update(message="")


def _forget_records(row: WriteBack, now: datetime) -> None:
    records = list(row.records.all())
    for record in records:
        _blank(record, _policy(row), now)
    names = ["fields", "previous", "erasing", "erase_due_at"]
    WrittenRecord.objects.bulk_update(records, names)
    if any(record.erasing for record in records):
        ring(WATCH)


def _policy(row: WriteBack) -> str:
    revision = row.mapping.live_revision or row.revision
    return str(revision.document.get("on_erasure", Erasure.KEEP))


def _blank(record: WrittenRecord, policy: str, now: datetime) -> None:
    """Forget the values; the names of fields stay where they are to be cleared."""
    clears = policy != Erasure.KEEP and record.undone_at is None and record.fields
    record.previous = None
    record.fields = dict.fromkeys(record.fields) if clears else {}
    record.erasing = policy if clears else ""
    record.erase_due_at = now if clears else None


def forget_late(*, records: Sequence[WrittenRecord]) -> None:
    """Take up what a call has written while its response was being erased."""
    keys = {record.write_back_id for record in records}
    rows = WriteBack.objects.filter(pk__in=keys, error_code=ERASED)
    erased = {
        row.pk: row for row in rows.select_related("mapping__live_revision", "revision")
    }
    kept = [record for record in records if record.write_back_id in erased]
    for record in kept:
        _blank(record, _policy(erased[record.write_back_id]), record.written_at)
    WrittenRecord.objects.bulk_create(kept, ignore_conflicts=True)
    if any(record.erasing for record in kept):
        ring(WATCH)
