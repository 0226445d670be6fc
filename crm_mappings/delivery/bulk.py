"""Owns what goes through the Bulk API: thousands of rows of a backfill in one job,
out of our hands until the org has ended it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.delivery import budget, outbox, outcomes, settling, turns
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.delivery.parcels import Parcel, give_last_word, merged
from crm_mappings.delivery.sending import Sender
from crm_mappings.delivery.stopping import stop_mapping
from crm_mappings.models import (
    Backfill,
    BulkJob,
    Connection,
    Mapping,
    RecordTurn,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.plan import rules
from crm_mappings.plan.planner import has_file
from crm_mappings.plan.schema import id18
from crm_mappings.plan.specs import Action, Duplicates, MappingSpec
from crm_mappings.salesforce import bulk as wire
from crm_mappings.salesforce import bulk_calls
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal

# Fewer rows are cheaper in calls of 200.
FROM = 2_000
ASK_EVERY = timedelta(seconds=10)
Status = BulkJob.Status


def claim(*, now: datetime, least: int = FROM) -> outbox.Claim | None:
    """Claim thousands of rows of one mapping's backfill; None: there are not as many."""
    mappings = outbox.open_mappings(WriteBack.Priority.BACKFILL, now)
    running = Backfill.objects.filter(
        status=Backfill.Status.RUNNING, mapping__in=mappings
    ).select_related("mapping__live_revision")
    for backfill in running:
        if not _goes_in_bulk(backfill.mapping):
            continue
        token = uuid.uuid4()
        with transaction.atomic():
            keys = outbox.keys_of(backfill, now, wire.MOST_RECORDS)
            if len(keys) < least:
                continue
            outbox.take(keys=keys, token=token, now=now, lease=outbox.LEASE)
        return outbox.Claim(token=token, rows=outbox.mine(keys=keys, token=token))
    return None


def _goes_in_bulk(mapping: Mapping) -> bool:
    try:
        spec = rules.parse(
            mapping.live_revision.document if mapping.live_revision else {}
        )
    except rules.MappingError:
        return False
    return fits(spec)


def fits(spec: MappingSpec) -> bool:
    """Say whether a repeated job could do no harm: one record a response, updated, or
    recognised by its key."""
    writing = [step for step in spec.steps if step.action is not Action.FIND]
    if len(writing) != 1 or writing[0].duplicates is Duplicates.SAVE:
        return False
    return writing[0].action is Action.UPDATE or writing[0].key_field is not None


@dataclass(slots=True, kw_only=True)
class BulkSender(Sender):
    """Sends plans of one record each as jobs; what does not fit goes the usual way."""

    def send(self, jobs: list[Job]) -> None:
        self.own = {job.row.pk for job in jobs}
        kinds: dict[tuple[str, str, str | None], list[Entry]] = defaultdict(list)
        others: list[Job] = []
        for job in jobs:
            if not job.open:
                continue
            entry = Entry(job=job, write=job.todo[0]) if len(job.todo) == 1 else None
            if entry is None or not _may_be_repeated(entry):
                others.append(job)
                continue
            write = entry.write
            kinds[write.object, write.action, write.key_field].append(entry)
        for entries in kinds.values():
            self._send_job(entries)
        # Spelled out: zero-argument super() is lost in a dataclass with slots.
        Sender.send(self, others)

    def _send_job(self, entries: Sequence[Entry]) -> None:
        self._may_go_on([entry.job for entry in entries])
        ready = self._make_ready(merged(entries))
        self._settle([entry.job for entry in entries])
        if not ready:
            return
        write = ready[0].write
        key = "Id" if write.action == "update" else write.key_field or ""
        file = wire.write([parcel.payload() for parcel in ready])
        for parcel in ready:
            give_last_word(parcel.entries)
        job_id = bulk_calls.open_job(
            self.org, write.object, write.action, write.key_field
        )
        job = self._keep_job(ready, job_id, key)
        bulk_calls.fill_job(self.org, job_id, file)
        BulkJob.objects.filter(pk=job.pk).update(status=Status.WORKING)

    def _keep_job(self, ready: Sequence[Parcel], job_id: str, key: str) -> BulkJob:
        """Keep what the job is to carry, before it can begin. It goes on under a token
        of its own, so that the rest of the claim does not end with it."""
        now = self.clock()
        write = ready[0].write
        token = uuid.uuid4()
        rows = [entry.job.row.pk for parcel in ready for entry in parcel.entries]
        with transaction.atomic():
            job = BulkJob.objects.create(
                connection=self.connection,
                job_id=job_id,
                object=write.object,
                operation=write.action,
                key_field=key,
                entries={_key(p, key): [_kept(e) for e in p.entries] for p in ready},
                lease_token=token,
                asked_at=now + ASK_EVERY,
                created_at=now,
            )
            mine = outbox.held_by(self.token).filter(pk__in=rows)
            mine.update(bulk_job=job, lease_token=token)
            RecordTurn.objects.filter(lease_token=self.token).update(lease_token=token)
        for parcel in ready:
            for entry in parcel.entries:
                # Out of our hands: whoever asks for the job settles it.
                entry.job.lost = True
        return job


def _may_be_repeated(entry: Entry) -> bool:
    write = entry.write
    if write.action == "create" or write.saves_duplicates or has_file(write):
        return False
    return wire.fits(write.fields)


def _key(parcel: Parcel, key: str) -> str:
    return str(parcel.payload()[key])


def _kept(entry: Entry) -> list[Any]:
    ours, row = entry.is_ours, entry.job.row.pk
    return [row, entry.write.step, entry.fields(), entry.previous(), ours]


# -- asking how far the jobs are


def collect(*, now: datetime, rng: Random) -> int:
    """Ask for the jobs that are due to be asked for; settle what has ended."""
    ended = 0
    due = BulkJob.objects.exclude(status=Status.DONE).filter(
        asked_at__lte=now, connection__status=Connection.Status.CONNECTED
    )
    for job in due.select_related("connection").defer("entries"):
        asked = BulkJob.objects.filter(pk=job.pk, asked_at=job.asked_at)
        if asked.update(asked_at=now + outbox.LEASE) == 1:
            ended += _collect(job, now, rng)
    return ended


def _collect(job: BulkJob, now: datetime, rng: Random) -> bool:
    org = connections.client(job.connection)
    try:
        return _followed(org, job, now, rng)
    except OrgError as error:
        if error.status == 404:
            # It is gone, and what it did can be done again.
            _let_go(job, now)
            return True
        if error.kind in {Kind.CONNECTION, Kind.SESSION}:
            connections.pause(connection=job.connection, problem=error.refusal.message)
        _ask_again(job, now)
        return False
    finally:
        budget.note(connection=job.connection, org=org, now=now)
        org.close()


def _followed(org: OrgClient, job: BulkJob, now: datetime, rng: Random) -> bool:
    state = bulk_calls.job_state(org, job.job_id)
    if state.is_open:
        # The worker died before the file was complete.
        bulk_calls.abort_job(org, job.job_id)
        _let_go(job, now)
        return True
    if not state.ended:
        _ask_again(job, now)
        return False
    told = bulk_calls.job_results(org, job.job_id, job.key_field)
    failure = wire.read_failure(state.message) if state.name == "Failed" else None
    _settle(job, told, failure, now, rng)
    return True


def _ask_again(job: BulkJob, now: datetime) -> None:
    turns_ = RecordTurn.objects.filter(lease_token=job.lease_token)
    turns_.update(until=now + turns.LEASE)
    BulkJob.objects.filter(pk=job.pk).update(asked_at=now + ASK_EVERY)


def _let_go(job: BulkJob, now: datetime) -> None:
    """Give its rows back to the outbox."""
    with transaction.atomic():
        outbox.held_by(job.lease_token).update(
            state=WriteBack.State.WAITING, lease_token=None, due_at=now
        )
        _end(job, now)


def _end(job: BulkJob, now: datetime) -> None:
    WriteBack.objects.filter(bulk_job=job).update(bulk_job=None)
    turns.give_back(job.lease_token)
    BulkJob.objects.filter(pk=job.pk).update(
        status=Status.DONE, ended_at=now, entries={}
    )


def _settle(
    job: BulkJob,
    told: Iterable[wire.Outcome],
    failure: Refusal | None,
    now: datetime,
    rng: Random,
) -> None:
    """Settle each row by its own result; what has none is sent again."""
    results = {outcome.key: outcome for outcome in told}
    rows = outbox.held_by(job.lease_token).filter(bulk_job=job)
    jobs = {row.pk: Job(row=row) for row in rows}
    records: list[WrittenRecord] = []
    again = Refusal(kind=Kind.TRANSIENT, code="UNPROCESSED", message="")
    for key, kept in BulkJob.objects.get(pk=job.pk).entries.items():
        result = results.get(key)
        for row_key, step, fields, previous, ours in kept:
            one = jobs.get(row_key)
            if one is None:
                continue
            refusal = result.refusal if result else failure or again
            if refusal is not None and refusal.kind is Kind.DATA and len(kept) > 1:
                refusal = again  # one of several: by themselves they can be told apart
            one.exchange.append(_exchange(job, step, result, refusal))
            if result is not None and result.id and refusal is None and not fields:
                one.outcome = outcomes.overtaken([_newer(result.id)])
            elif result is not None and result.id and refusal is None:
                one.outcome = outcomes.Outcome(state=outcomes.WRITTEN)
                created = result.created or ours
                records.append(
                    WrittenRecord(
                        write_back=one.row,
                        step=step,
                        object=job.object,
                        record_id=id18(result.id),
                        created=created,
                        fields=fields,
                        previous=None if created else previous,
                        written_at=now,
                    )
                )
            elif refusal is not None:
                one.outcome = _refused(one, step, fields, refusal, now, rng)
    if failure is not None and failure.kind is Kind.SCHEMA and jobs:
        stop_mapping(next(iter(jobs.values())).row, failure, now=now)
    with transaction.atomic():
        settling.keep_records(records=records, token=job.lease_token)
        settling.settle(jobs=list(jobs.values()), token=job.lease_token, now=now)
        _end(job, now)


def _refused(
    one: Job,
    step: str,
    fields: dict[str, Any],
    refusal: Refusal,
    now: datetime,
    rng: Random,
) -> outcomes.Outcome:
    named = [name for name in refusal.fields if name in fields]
    return outcomes.refused(
        outcomes.of_record(refusal),
        attempt=one.row.attempts,
        now=now,
        rng=rng,
        rule={"step": step, "field": named[0] if named else None},
    )


def _newer(record: str) -> str:
    words = _("A newer response has been written to %(record)s already.")
    return words % {"record": record}


def _exchange(
    job: BulkJob, step: str, result: wire.Outcome | None, refusal: Refusal | None
) -> dict[str, Any]:
    request = {"method": "PUT", "door": f"jobs/ingest/{job.job_id}", "step": step}
    answer: dict[str, Any] = {"success": refusal is None}
    if result is not None and result.id:
        answer |= {"id": result.id, "created": result.created}
    if refusal is not None:
        answer["errors"] = [{"code": refusal.code, "message": refusal.message}]
    return {"request": request, "answer": answer}
