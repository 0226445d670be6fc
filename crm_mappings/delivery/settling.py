"""Owns how results reach the database: only by the worker that holds the lease.

A worker that comes back late finds another token on the row and changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Max

from crm_mappings.delivery import forgetting, news, outbox
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.delivery.outcomes import WAITING, WRITTEN, Outcome
from crm_mappings.models import Attempt, Connection, WriteBack, WrittenRecord


def keep_ready(
    *, jobs: Sequence[Job], token: uuid.UUID, now: datetime, extend: bool
) -> None:
    """Make ready for a call; mark the jobs that another worker has taken over. `extend`
    makes the lease of the whole claim longer."""
    by_key = {job.row.pk: job for job in jobs}
    mine = outbox.keep_lease(keys=by_key, token=token, now=now, extend=extend)
    for key, job in by_key.items():
        job.lost = key not in mine


def keep_in_doubt(*, entries: Sequence[Entry], token: uuid.UUID) -> None:
    """Keep what must not simply be sent again until the answer is there."""
    rows = {entry.job.row.pk: entry.job.row for entry in entries}
    for row in rows.values():
        row.outcome_unknown, row.in_doubt = True, []
    for entry in entries:
        entry.job.row.in_doubt.append(entry.doubt())
    outbox.held_by(token).bulk_update(
        list(rows.values()), ["outcome_unknown", "in_doubt"]
    )


def keep_before(entries: Sequence[Entry]) -> set[tuple[int, str]]:
    """Keep what the records hold now, unless an earlier attempt has.

    Returns the write-backs and places for which that was done now.
    """
    changed = {}
    kept = set()
    for entry in entries:
        row = entry.job.row
        before = row.before.get(entry.place)
        fresh = dict(entry.now.previous or {})
        if entry.write.record_id is None:
            continue
        # A response that had news may write fields that it did not write before.
        if before is None or not fresh.keys() <= before.keys():
            row.before[entry.place] = fresh | (before or {})
            changed[row.pk] = row
            kept.add((row.pk, entry.place))
    WriteBack.objects.bulk_update(list(changed.values()), ["before"])
    return kept


def keep_records(*, records: Sequence[WrittenRecord], token: uuid.UUID) -> None:
    """Keep what was written, before anything else is sent for the same rows."""
    with transaction.atomic():
        mine = set(_locked({record.write_back_id for record in records}, token))
        ours = [record for record in records if record.write_back_id in mine]
        _replace_earlier(ours)
        if len(ours) < len(records):
            late = [record for record in records if record.write_back_id not in mine]
            forgetting.forget_late(records=late)
        WrittenRecord.objects.bulk_create(ours, ignore_conflicts=True)
        if ours:
            _count_written(ours[0].write_back.mapping.connection_id, len(ours))


def _count_written(connection: int, count: int) -> None:
    """Count for monitoring, once all is committed: no lock is taken for it."""
    row = Connection.objects.filter(pk=connection)
    written = F("records_written") + count
    transaction.on_commit(lambda: row.update(records_written=written))


def _replace_earlier(records: Sequence[WrittenRecord]) -> None:
    """Let records that are written again take the place of what was kept of them: who
    made them, and what was there before, stays. One that was put back since finds what
    is there now."""
    renewed = [one for one in records if one.write_back.renewed_after]
    if not renewed:
        return
    rows = WrittenRecord.objects.filter(
        write_back__in={one.write_back_id for one in renewed}
    )
    kept = {(one.write_back_id, one.step, one.record_id): one for one in rows}
    for record in renewed:
        key = (record.write_back_id, record.step, record.record_id)
        earlier = kept.get(key)
        if earlier is None or earlier.pk > record.write_back.renewed_after:
            continue
        record.created = earlier.created
        if earlier.created:
            record.previous = None
        elif earlier.undone_at is None:
            record.previous = {**(record.previous or {}), **(earlier.previous or {})}
        earlier.delete()


def answered(*, jobs: Sequence[Job], token: uuid.UUID) -> None:
    """Note that the outcome of the last call is known."""
    unknown = [job for job in jobs if job.row.outcome_unknown]
    if unknown:
        keys = [job.row.pk for job in unknown]
        rows = outbox.held_by(token).filter(pk__in=keys)
        rows.update(outcome_unknown=False, in_doubt=[])
    for job in unknown:
        job.row.outcome_unknown, job.row.in_doubt = False, []


def renew(*, row: WriteBack, token: uuid.UUID) -> None:
    """Let what is kept of a row be written again: it is not what is to be there."""
    last = row.records.aggregate(last=Max("pk"))["last"] or 0
    row.renewed_after = last
    outbox.held_by(token).filter(pk=row.pk).update(renewed_after=last)


def settle(*, jobs: Sequence[Job], token: uuid.UUID, now: datetime) -> None:
    """Store the outcomes of jobs that have one; each once."""
    ready = [job for job in jobs if job.outcome and not job.settled and not job.lost]
    if not ready:
        return
    with transaction.atomic():
        mine = set(_locked([job.row.pk for job in ready], token))
        for job in ready:
            job.settled, job.lost = True, job.row.pk not in mine
        ours = [(job.row, job.outcome) for job in ready if job.outcome and not job.lost]
        _store_written([row for row, told in ours if told.state == WRITTEN], now)
        for row, told in ours:
            if told.state != WRITTEN:
                _store(row, told, now)
        log = [
            _attempt(job, job.outcome, now)
            for job in ready
            if job.outcome and not job.lost and job.outcome.spent
        ]
        Attempt.objects.bulk_create(log)
        settled = [row.pk for row, outcome in ours if outcome.state != WAITING]
        news.tell(settled, now=now)


def _locked(keys: Sequence[int] | set[int], token: uuid.UUID) -> list[int]:
    rows = outbox.held_by(token).filter(pk__in=list(keys)).select_for_update()
    return list(rows.values_list("pk", flat=True))


def _store_written(rows: Sequence[WriteBack], now: datetime) -> None:
    """Store what nearly all rows come to, in one statement."""
    WriteBack.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=WRITTEN,
        due_at=now,
        lease_token=None,
        error_class="",
        error_code="",
        reason="",
        rule=None,
        settled_at=now,
    )


def _store(row: WriteBack, outcome: Outcome, now: datetime) -> None:
    waits = outcome.state == WAITING
    row.state = outcome.state
    row.attempts -= 0 if outcome.spent else 1
    row.due_at = outcome.due_at or now
    row.lease_token = None
    row.error_class, row.error_code = outcome.kind, outcome.code[:100]
    row.reason, row.rule = outcome.message, outcome.rule
    row.settled_at = None if waits else now
    row.save(
        update_fields=[
            *("state", "attempts", "due_at", "lease_token", "error_class"),
            *("error_code", "reason", "rule", "settled_at"),
        ]
    )


def _attempt(job: Job, outcome: Outcome, now: datetime) -> Attempt:
    return Attempt(
        write_back=job.row,
        number=job.row.attempts,
        at=now,
        outcome="retry" if outcome.state == WAITING else outcome.state,
        error_code=outcome.code[:100],
        message=outcome.message,
        exchange=job.exchange,
    )
