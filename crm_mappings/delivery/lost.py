"""Owns what becomes of a record that may have been made by a call whose answer never
came: it is looked for before it is made again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_mappings.delivery import asking, outcomes, settling
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.plan.planner import StepRef, Write
from crm_mappings.plan.schema import id18
from surveys.wording import gettext as _
from surveys.wording import gettext_noop

if TYPE_CHECKING:
    from crm_mappings.delivery.sending import Sender

MAY_BE_WRITTEN = "MAY_BE_WRITTEN"
PERHAPS = gettext_noop(
    "An earlier attempt may have written this record: its answer never came, and it "
    "cannot be told which record it is. Look in Salesforce; send again only if it is "
    "not there."
)


def look_for(sender: Sender, job: Job) -> None:
    """Take up what an earlier attempt has made; hold what cannot be told."""
    if not job.open or not job.row.outcome_unknown:
        return
    # A graph may have made all of it, so every record is looked for, in order.
    if all(_looked_for(sender, job, write) for write in list(job.todo)):
        settling.answered(jobs=[job], token=sender.token)


def _looked_for(sender: Sender, job: Job, write: Write) -> bool:
    """Look for one record; False: it cannot be told if it is there."""
    if write.action == "create":
        return _look_for(sender, Entry(job=job, write=write))
    if write.action == "upsert" and _is_referred_to(job, write):
        _note_id(sender, Entry(job=job, write=write))
    return True


def _look_for(sender: Sender, entry: Entry) -> bool:
    if not _knows_its_parents(entry.job, entry.write):
        # The record that it refers to was not made, so this one was not either.
        return True
    found = asking.perhaps_made(
        sender.org,
        entry.job.row,
        entry.write,
        sender.schemas[entry.write.object],
        entry.payload(),
        made_by=sender.user_id(),
    )
    if found is None or len(found) > 1:
        rule = {"step": entry.write.step, "field": None}
        entry.job.outcome = outcomes.held(
            code=MAY_BE_WRITTEN, message=_(PERHAPS), rule=rule
        )
        return False
    if found:
        record = entry.record(found[0], created=True, now=sender.clock())
        settling.keep_records(records=[record], token=sender.token)
        sender.is_written(entry, found[0])
    return True


def _note_id(sender: Sender, entry: Entry) -> None:
    """Learn the id of a record with our key, for those that refer to it. It is
    written again all the same: that changes nothing."""
    write = entry.write
    if not entry.is_ours or write.key_field is None:
        return
    rows = sender.org.select(write.object, ["Id"], write.key_field, [write.key_value])
    if len(rows) == 1:
        entry.job.ids.setdefault(write.step, id18(rows[0]["Id"]))


def _is_referred_to(job: Job, write: Write) -> bool:
    return any(write.step in other.refs for other in job.todo)


def _knows_its_parents(job: Job, write: Write) -> bool:
    refs = (value for value in write.fields.values() if isinstance(value, StepRef))
    return all(ref.step in job.ids for ref in refs)
