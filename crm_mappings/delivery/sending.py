"""Owns the writes to an org: step by step, in calls of up to 200 records, each record
judged by its own result."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from crm_mappings.delivery import asking, outcomes, settling
from crm_mappings.delivery.jobs import Entry, Job, entries
from crm_mappings.models import Connection, WrittenRecord
from crm_mappings.plan.planner import Write
from crm_mappings.plan.schema import ObjectSchema, id18
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import LARGEST, RecordResult
from crm_mappings.salesforce.errors import Kind, NoAnswer, OrgError, Refusal

log = logging.getLogger(__name__)

MAY_BE_WRITTEN = "MAY_BE_WRITTEN"
PERHAPS = (
    "An earlier attempt may have written this record: its answer never came, and it "
    "cannot be told which record it is. Look in Salesforce; send again only if it is "
    "not there."
)


class SchemaRefused(OrgError):
    """The organisation has changed: nothing more of this mapping is sent."""


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends the plans of jobs that share a mapping and a connection."""

    org: OrgClient
    connection: Connection
    schemas: dict[str, ObjectSchema]
    token: uuid.UUID
    clock: Callable[[], datetime]
    rng: Random
    schema_refusal: Refusal | None = field(default=None)

    def send(self, jobs: list[Job]) -> None:
        """Write until no job has anything left; raise what stops all of them."""
        while True:
            self._look_for_lost_creates(jobs)
            wave = list(entries(jobs))
            if not wave:
                break
            for call in calls(wave):
                self._call(call)
        self._settle(jobs)

    # -- creates whose answer never came

    def _look_for_lost_creates(self, jobs: list[Job]) -> None:
        for job in jobs:
            if job.open and job.row.outcome_unknown and job.next_writes():
                write = job.next_writes()[0]
                if write.action == "create":
                    self._look_for(Entry(job=job, write=write))

    def _look_for(self, entry: Entry) -> None:
        found = asking.perhaps_made(
            self.org,
            self.connection,
            entry.job.row,
            entry.write,
            self.schemas[entry.write.object],
            entry.payload(),
        )
        if found is None or len(found) > 1:
            rule = {"step": entry.write.step, "field": None}
            entry.job.outcome = outcomes.held(
                code=MAY_BE_WRITTEN, message=PERHAPS, rule=rule
            )
            return
        if found:
            record = entry.record(found[0], created=True, now=self.clock())
            settling.keep_records(records=[record], token=self.token)
            self._is_written(entry, found[0])
        settling.answered(jobs=[entry.job], token=self.token)

    # -- one call

    def _call(self, call: Sequence[Entry]) -> None:
        settling.keep_ready(entries=call, token=self.token, now=self.clock())
        ours = [entry for entry in call if entry.job.open and _is_sendable(entry)]
        if not ours:
            return
        try:
            results = self._write(ours)
        except OrgError as error:
            self._whole_call_failed(ours, error)
        else:
            self._answered(ours, results)

    def _write(self, call: Sequence[Entry]) -> list[RecordResult]:
        first = call[0].write
        records = [entry.payload() for entry in call]
        if first.action == "create":
            return self.org.create(first.object, records)
        if first.action == "update":
            return self.org.update(first.object, records)
        return self.org.upsert(first.object, first.key_field or "", records)

    def _answered(self, call: Sequence[Entry], results: list[RecordResult]) -> None:
        now = self.clock()
        records: list[WrittenRecord] = []
        pairs = list(zip(call, results, strict=True))
        for entry, result in pairs:
            if result.success and result.id:
                record_id = id18(result.id)
                records.append(entry.record(record_id, created=result.created, now=now))
                self._is_written(entry, record_id)
        settling.keep_records(records=records, token=self.token)
        jobs = [entry.job for entry in call]
        settling.answered(jobs=jobs, token=self.token)
        for entry, result in pairs:
            if not result.success:
                self._refused(entry, outcomes.of_record(result.errors[0]))
        self._settle(jobs)
        if self.schema_refusal is not None:
            raise SchemaRefused(self.schema_refusal)

    def _is_written(self, entry: Entry, record_id: str) -> None:
        job = entry.job
        job.is_written(entry.write, record_id)
        if not job.todo and job.plan is not None and job.outcome is None:
            job.outcome = outcomes.written(job.plan)

    def _refused(self, entry: Entry, refusal: Refusal) -> None:
        entry.job.outcome = outcomes.refused(
            refusal,
            attempt=entry.job.row.attempts,
            now=self.clock(),
            rng=self.rng,
            rule=rule_of(entry.write, refusal),
        )
        if refusal.kind is Kind.SCHEMA:
            self.schema_refusal = refusal

    def _whole_call_failed(self, call: Sequence[Entry], error: OrgError) -> None:
        refusal = outcomes.of_write_call(error.refusal, error.status)
        jobs = [entry.job for entry in call]
        if not may_have_been_applied(error):
            settling.answered(jobs=jobs, token=self.token)
        if refusal.kind in {Kind.DATA, Kind.DUPLICATE}:
            self._find_the_bad_one(call, refusal)
        elif refusal.kind is Kind.SCHEMA:
            for entry in call:
                self._refused(entry, refusal)
            raise SchemaRefused(refusal)
        else:
            raise error

    def _find_the_bad_one(self, call: Sequence[Entry], refusal: Refusal) -> None:
        """Halve the call until the record that spoils it stands alone."""
        if len(call) == 1:
            self._refused(call[0], refusal)
            self._settle([call[0].job])
            return
        middle = len(call) // 2
        self._call(call[:middle])
        self._call(call[middle:])

    def _settle(self, jobs: Sequence[Job]) -> None:
        settling.settle(jobs=jobs, token=self.token, now=self.clock())


def _is_sendable(entry: Entry) -> bool:
    """Say whether a record can be put on the wire; one that cannot spoils no other."""
    try:
        json.dumps(entry.payload(), allow_nan=False)
    except (KeyError, TypeError, ValueError):
        log.exception("Write-back %s cannot be sent", entry.job.row.pk)
        entry.job.outcome = outcomes.our_fault()
        return False
    return True


def calls(wave: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Cut a wave into calls: one kind of write each, no record twice, in order."""
    kinds: dict[tuple[str, str, str | None], list[Entry]] = {}
    for entry in wave:
        write = entry.write
        kind = (write.object, write.action, write.key_field)
        kinds.setdefault(kind, []).append(entry)
    for group in kinds.values():
        yield from _without_repeats(group)


def _without_repeats(group: list[Entry]) -> Iterator[list[Entry]]:
    while group:
        call: list[Entry] = []
        later: list[Entry] = []
        seen: set[object] = set()
        for entry in group:
            known = _folded(entry.identity)
            fits = len(call) < LARGEST and known not in seen
            (call if fits else later).append(entry)
            if known is not None:
                seen.add(known)
        yield call
        group = later


def _folded(identity: object) -> object:
    return identity.casefold() if isinstance(identity, str) else identity


def may_have_been_applied(error: OrgError) -> bool:
    """Say whether a call that failed may nevertheless have changed something."""
    if isinstance(error, NoAnswer):
        return not error.never_sent
    return error.status >= 500


def rule_of(write: Write, refusal: Refusal) -> dict[str, str | None]:
    """Return the rule that wrote what was refused, as far as it can be told."""
    named = [name for name in refusal.fields if name in write.fields]
    return {"step": write.step, "field": named[0] if named else None}
