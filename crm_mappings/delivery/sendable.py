"""Owns what of a call can be sent, and what a refusal of it may mean: whose fault it
may be, and whether something was changed all the same."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import TypeVar

from crm_mappings.delivery import outcomes
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.delivery.parcels import Parcel, share
from crm_mappings.plan.planner import FileContent, StepRef, Write
from crm_mappings.salesforce.collections import RecordResult
from crm_mappings.salesforce.errors import Kind, NoAnswer, OrgError, Refusal

log = logging.getLogger(__name__)

T = TypeVar("T")


def jobs_of(entries: Sequence[Entry]) -> list[Job]:
    return list({id(entry.job): entry.job for entry in entries}.values())


def what_is_left(parcel: Parcel) -> Parcel | None:
    """Return a parcel without what is not sent now; None: nothing is."""
    kept = [
        entry
        for entry in parcel.entries
        if entry.job.open and entry.write in entry.job.todo and is_sendable(entry)
    ]
    share(kept)
    return Parcel(entries=kept) if kept else None


def is_of_one(parcel: Parcel, result: RecordResult) -> bool:
    """Say whether a refused record may be one response's fault among several."""
    faults = {Kind.DATA, Kind.DUPLICATE}
    refusal = outcomes.of_record(result.errors[0])
    return len(parcel.entries) > 1 and refusal.kind in faults


def halves(parts: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """Halve a call, until the record that spoils it stands alone."""
    middle = len(parts) // 2
    return parts[:middle], parts[middle:]


def is_sendable(entry: Entry) -> bool:
    """Say whether a record can be put on the wire; one that cannot spoils no other."""
    values = [
        value
        for value in entry.now.fields.values()
        if not _is_ahead(entry, value) and not isinstance(value, FileContent)
    ]
    try:
        json.dumps([*values, entry.address()], allow_nan=False)
    except (KeyError, TypeError, ValueError):
        log.exception("Write-back %s cannot be sent", entry.job.row.pk)
        entry.job.outcome = outcomes.our_fault()
        return False
    return True


def _is_ahead(entry: Entry, value: object) -> bool:
    """Say whether a value is the id of a record that is or will be written."""
    if not isinstance(value, StepRef):
        return False
    known = {write.step for write in entry.job.todo} - {entry.write.step}
    return value.step in entry.job.ids or value.step in known


def may_have_been_applied(error: OrgError) -> bool:
    """Say whether a call that failed may nevertheless have changed something."""
    if isinstance(error, NoAnswer):
        return not error.never_sent
    return error.status >= 500


def rule_of(write: Write, refusal: Refusal) -> dict[str, str | None]:
    """Return the rule that wrote what was refused, as far as it can be told."""
    named = [name for name in refusal.fields if name in write.fields]
    return {"step": write.step, "field": named[0] if named else None}
