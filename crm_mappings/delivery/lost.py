"""Owns what becomes of a record that may have been made by a call whose answer never
came: it is looked for before it is made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from crm_mappings.delivery import asking, outcomes, settling
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.models import WrittenRecord
from crm_mappings.plan.planner import CREATE, UPSERT, Write
from crm_mappings.plan.schema import id18
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

if TYPE_CHECKING:
    from crm_mappings.delivery.sending import Sender

# What was to be made, as `Entry.doubt` has kept it.
Doubt: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, Any]

MAY_BE_WRITTEN = "MAY_BE_WRITTEN"
PERHAPS = gettext_noop(
    "An earlier attempt may have written this record: its answer never came, and it "
    "cannot be told which record it is. Look in Salesforce; send again only if it is "
    "not there."
)


def look_for(sender: Sender, job: Job) -> None:
    """Take up what an earlier attempt has made; hold what cannot be told."""
    row = job.row
    if not job.open or not row.outcome_unknown:
        return
    doubts = row.in_doubt or [_doubt(job, write) for write in job.todo]
    made = [doubt for doubt in doubts if doubt["action"] == CREATE]
    for write in list(job.todo):
        if write.action == UPSERT:
            _note_id(sender, Entry(job=job, write=write))
    # A graph may have made all of it, so every record is looked for, in order.
    if all(_looked_for(sender, job, doubt) for doubt in made):
        settling.answered(jobs=[job], token=sender.token)


def _doubt(job: Job, write: Write) -> Doubt:
    return Entry(job=job, write=write).doubt()


def _looked_for(sender: Sender, job: Job, doubt: Doubt) -> bool:
    """Look for one record; False: it cannot be told if it is there."""
    step, fields = doubt["step"], _resolved(doubt["fields"], job.ids)
    if fields is None:
        # The record that it refers to was not made, so this one was not either.
        return True
    schema = sender.schema(doubt["object"])
    found = (
        asking.perhaps_made(
            sender.org, job.row, schema, fields, made_by=sender.user_id()
        )
        if schema
        else None
    )
    if found is None or len(found) > 1:
        job.outcome = outcomes.held(
            code=MAY_BE_WRITTEN, message=_(PERHAPS), rule={"step": step, "field": None}
        )
        return False
    if found:
        _take_up(sender, job, doubt, _record(sender, job, doubt, fields, found[0]))
    return True


def _resolved(fields: Fields, ids: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what was sent; None: a record that it refers to is not there."""
    steps = [value["step"] for value in fields.values() if isinstance(value, dict)]
    if any(step not in ids for step in steps):
        return None
    return {
        name: ids[value["step"]] if isinstance(value, dict) else value
        for name, value in fields.items()
    }


def _record(
    sender: Sender, job: Job, doubt: Doubt, fields: dict[str, Any], record_id: str
) -> WrittenRecord:
    return WrittenRecord(
        write_back=job.row,
        step=doubt["step"],
        object=doubt["object"],
        record_id=record_id,
        created=True,
        fields=fields,
        written_at=sender.clock(),
    )


def _take_up(sender: Sender, job: Job, doubt: Doubt, record: WrittenRecord) -> None:
    """Keep a record that was made. Where something else is to be there by now, it is
    changed, as if its response had had news."""
    settling.keep_records(records=[record], token=sender.token)
    write = next((one for one in job.todo if one.step == record.step), None)
    if write is not None and _doubt(job, write) == doubt:
        sender.is_written(Entry(job=job, write=write), record.record_id)
        return
    settling.renew(row=job.row, token=sender.token)
    job.ids.setdefault(record.step, record.record_id)
    if write is not None:
        job.is_there(write, record.record_id, sender.schemas)
        sender.finish(job)


def _note_id(sender: Sender, entry: Entry) -> None:
    """Learn the id of a record with our key. It is written again all the same: that
    changes nothing."""
    write = entry.write
    if not entry.is_ours or write.key_field is None:
        return
    rows = sender.org.select(write.object, ["Id"], write.key_field, [write.key_value])
    if len(rows) != 1:
        return
    record_id = id18(rows[0]["Id"])
    record = entry.record(record_id, created=True, now=sender.clock())
    if not entry.job.is_there(write, record_id, sender.schemas):
        settling.keep_records(records=[record], token=sender.token)
        sender.finish(entry.job)
