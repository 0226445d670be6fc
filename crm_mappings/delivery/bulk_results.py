"""Owns what comes of jobs of the Bulk API: asked for until they have ended, each row
settled by its own result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.delivery import (
    budget,
    exchange,
    outbox,
    outcomes,
    settling,
    turns,
)
from crm_mappings.delivery.bulk import ASK_EVERY, SLICE
from crm_mappings.delivery.jobs import Job
from crm_mappings.delivery.stopping import stop_mapping
from crm_mappings.models import (
    BulkJob,
    Connection,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.plan.schema import id18
from crm_mappings.salesforce import bulk as wire
from crm_mappings.salesforce import bulk_calls
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import chunks
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal

Status = BulkJob.Status
UNPROCESSED = Refusal(kind=Kind.TRANSIENT, code="UNPROCESSED", message="")


Act = Callable[[], object]


def collect(*, now: datetime, rng: Random, meanwhile: Act) -> int:
    """Ask for the jobs that are due to be asked for; settle what has ended, slice by
    slice, with a turn for others `meanwhile`."""
    ended = 0
    due = BulkJob.objects.exclude(status=Status.DONE).filter(
        asked_at__lte=now, connection__status=Connection.Status.CONNECTED
    )
    for job in due.select_related("connection").defer("entries"):
        asked = BulkJob.objects.filter(pk=job.pk, asked_at=job.asked_at)
        if asked.update(asked_at=now + outbox.LEASE) == 1:
            ended += _collect(job, now, rng, meanwhile)
    return ended


def _collect(job: BulkJob, now: datetime, rng: Random, meanwhile: Act) -> bool:
    org = connections.client(job.connection)
    try:
        return _followed(org, job, now, rng, meanwhile)
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


def _followed(
    org: OrgClient, job: BulkJob, now: datetime, rng: Random, meanwhile: Act
) -> bool:
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
    failed = state.name == "Failed"
    judge = Judge(
        job=job,
        results={outcome.key: outcome for outcome in told},
        failure=wire.read_failure(state.message) if failed else None,
        now=now,
        rng=rng,
    )
    _settle(judge, meanwhile)
    return True


def _ask_again(job: BulkJob, now: datetime) -> None:
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


def _settle(judge: Judge, meanwhile: Act) -> None:
    """Settle each row by its own result. A worker that dies on the way leaves the rest
    to whoever asks next."""
    job = judge.job
    rows = outbox.held_by(job.lease_token).filter(bulk_job=job)
    schema = judge.failure is not None and judge.failure.kind is Kind.SCHEMA
    if judge.failure is not None and schema and (row := rows.first()) is not None:
        stop_mapping(row, judge.failure, now=judge.now)
    kept = BulkJob.objects.get(pk=job.pk).entries
    for part in chunks(list(kept.items()), SLICE):
        keys = [row for _key, entries in part for row, *_rest in entries]
        jobs = {row.pk: Job(row=row) for row in rows.filter(pk__in=keys)}
        records = [
            record
            for key, entries in part
            for record in judge.records(key, entries, jobs)
        ]
        with transaction.atomic():
            settling.keep_records(records=records, token=job.lease_token)
            settling.answered(jobs=list(jobs.values()), token=job.lease_token)
            settling.settle(
                jobs=list(jobs.values()), token=job.lease_token, now=judge.now
            )
            WriteBack.objects.filter(pk__in=keys, bulk_job=job).update(bulk_job=None)
        meanwhile()
    with transaction.atomic():
        _end(job, judge.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Says what became of each row of a job that has ended."""

    job: BulkJob
    results: Mapping[str, wire.Outcome]
    # Why nothing of the job was carried out.
    failure: Refusal | None
    now: datetime
    rng: Random

    def records(
        self, key: str, entries: Sequence[Any], jobs: Mapping[int, Job]
    ) -> Iterator[WrittenRecord]:
        """Give every row of one record its outcome; yield what was written."""
        result = self.results.get(key)
        # What has no result is sent again.
        refusal = result.refusal if result else self.failure or UNPROCESSED
        if refusal is not None and refusal.kind is Kind.DATA and len(entries) > 1:
            refusal = UNPROCESSED  # by themselves they can be told apart
        for row, step, fields, previous, ours in entries:
            one = jobs.get(row)
            if one is None:
                continue
            one.exchange.append(self._exchange(step, fields, result, refusal))
            if refusal is not None:
                one.outcome = self._refused(one, step, fields, refusal)
            elif result is not None and result.id and not fields:
                one.outcome = outcomes.overtaken([_newer(result.id)])
            elif result is not None and result.id:
                one.outcome = outcomes.Outcome(state=outcomes.WRITTEN)
                created = result.created or ours
                yield WrittenRecord(
                    write_back=one.row,
                    step=step,
                    object=self.job.object,
                    record_id=id18(result.id),
                    created=created,
                    fields=fields,
                    previous=None if created else previous,
                    written_at=self.now,
                )

    def _refused(
        self, one: Job, step: str, fields: dict[str, Any], refusal: Refusal
    ) -> outcomes.Outcome:
        named = [name for name in refusal.fields if name in fields]
        return outcomes.refused(
            outcomes.of_record(refusal),
            attempt=one.row.attempts,
            now=self.now,
            rng=self.rng,
            rule={"step": step, "field": named[0] if named else None},
        )

    def _exchange(
        self,
        step: str,
        fields: dict[str, Any],
        result: wire.Outcome | None,
        refusal: Refusal | None,
    ) -> dict[str, Any]:
        request = {
            "method": "PUT",
            "door": f"jobs/ingest/{self.job.job_id}",
            "object": self.job.object,
            "step": step,
            "record": exchange.redacted(fields),
        }
        answer: dict[str, Any] = {"success": refusal is None}
        if result is not None and result.id:
            answer |= {"id": result.id, "created": result.created}
        if refusal is not None:
            answer["errors"] = [{"code": refusal.code, "message": refusal.message}]
        return {"request": request, "answer": answer}


def _newer(record: str) -> str:
    words = _("A newer response has been written to %(record)s already.")
    return words % {"record": record}
