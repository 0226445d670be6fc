"""Owns the writes to an org: one record a response in calls of up to 200, several in
graphs of their own, each record judged by its own result."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from django.db import transaction
from django.utils.translation import gettext as _

from crm_mappings.delivery import (
    backoff,
    budget,
    exchange,
    graphs,
    outbox,
    outcomes,
    settling,
    turns,
)
from crm_mappings.delivery.files import with_files
from crm_mappings.delivery.jobs import Entry, Job, entries
from crm_mappings.delivery.lost import Search
from crm_mappings.delivery.parcels import (
    Parcel,
    calls,
    follow_each_other,
    give_last_word,
)
from crm_mappings.delivery.sendable import (
    halves,
    is_of_one,
    jobs_of,
    may_have_been_applied,
    rule_of,
    what_is_left,
)
from crm_mappings.models import Connection, WrittenRecord
from crm_mappings.plan.planner import Write
from crm_mappings.plan.schema import ObjectSchema, id18
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import RecordResult
from crm_mappings.salesforce.errors import Kind, OrgError, Refusal
from crm_mappings.salesforce.graphs import GraphResult

RECORDS, GRAPH = "composite/sobjects", "composite/graph"


class SchemaRefused(OrgError):
    """The organisation has changed: nothing more of this mapping is sent."""


class OutOfTime(Exception):
    """The worker is to stop: what is left is given back."""


@dataclass(slots=True, kw_only=True)
class Sender:
    """Sends the plans of jobs that share a mapping and a connection."""

    org: OrgClient
    connection: Connection
    schemas: dict[str, ObjectSchema]
    token: uuid.UUID
    clock: Callable[[], datetime]
    rng: Random
    # What was written before the org was asked is below this mark.
    mark: int = 0
    stop: Callable[[], bool] = lambda: False
    leased_at: datetime | None = None
    schema_refusal: Refusal | None = field(default=None)
    # The write-backs of this claim, and whose values before were kept by it.
    own: set[int] = field(default_factory=set)
    kept: set[tuple[int, str]] = field(default_factory=set)

    def send(self, jobs: list[Job]) -> None:
        """Write until no job has anything left; raise what stops all of them."""
        self.own = {job.row.pk for job in jobs}
        search = Search(
            org=self.org,
            connection=self.connection,
            schemas=self.schemas,
            token=self.token,
            clock=self.clock,
        )
        try:
            for job in jobs:
                search.look_for(job)
            for group in graphs.calls(jobs, self._parent_of):
                self._call_graphs(group)
            while wave := list(entries(jobs)):
                for call in calls(wave, self._parent_of):
                    self._call(call)
        finally:
            self._settle(jobs)

    def _parent_of(self, write: Write) -> str:
        """Return the record that is locked when this one is written, if one is told."""
        schema = self.schemas[write.object]
        for name, value in sorted(write.fields.items()):
            known = schema.fields.get(name)
            is_parent = known is not None and known.type == "reference"
            if is_parent and isinstance(value, str):
                return value
        return ""

    # -- before a call

    def _may_go_on(self, jobs: Sequence[Job]) -> None:
        if self.stop():
            raise OutOfTime
        priority = min(job.row.priority for job in jobs)
        budget.check(connection=self.connection, org=self.org, priority=priority)

    def _make_ready(self, asked: Sequence[Parcel]) -> list[Parcel]:
        """Return what may be sent now: ours, at its turn, and not overtaken."""
        now = self.clock()
        every = [entry for parcel in asked for entry in parcel.entries]
        extend = (
            self.leased_at is None or now - self.leased_at > outbox.LEASE - outbox.LEFT
        )
        self.leased_at = now if extend else self.leased_at
        with transaction.atomic():
            settling.keep_ready(
                jobs=jobs_of(every), token=self.token, now=now, extend=extend
            )
            self._take_turns([e for e in every if e.job.open], now)
            self._leave_out_overtaken([e for e in every if e.job.open])
            ready = list(filter(None, (what_is_left(parcel) for parcel in asked)))
            sent = [entry for parcel in ready for entry in parcel.entries]
            doubtful = [e for e in sent if e.leaves_doubt(self.schemas)]
            settling.keep_in_doubt(entries=doubtful, token=self.token)
            self.kept |= settling.keep_before(sent)
            turns.give_back(self.token, every, but=sent)
        return ready

    def _take_turns(self, asked: Sequence[Entry], now: datetime) -> None:
        places = {entry: turns.place(entry) for entry in asked}
        mine = turns.take(
            connection=self.connection,
            places=[place for place in places.values() if place],
            token=self.token,
            now=now,
        )
        for entry, place in places.items():
            if place and place not in mine:
                pause = backoff.busy_pause(self.rng)
                entry.job.outcome = outcomes.not_yet(due_at=now + pause)

    def _leave_out_overtaken(self, asked: Sequence[Entry]) -> None:
        found = turns.newer(
            connection=self.connection, entries=asked, mark=self.mark, own=self.own
        )
        for entry, newer in found.items():
            if newer.stale and entry.job.open:
                # What we planned with is old by now: plan again.
                entry.job.outcome = outcomes.not_yet(due_at=self.clock())
            elif newer.fields & set(entry.now.fields):
                entry.leave_out(newer.fields)
                if not entry.now.fields:
                    self._leave_out(entry)

    def _leave_out(self, entry: Entry) -> None:
        record = entry.write.record_id or entry.write.key_value
        words = _("A newer response has been written to %(record)s already.")
        entry.job.leave_out(entry.write, words % {"record": record})

    # -- one call of single records

    def _call(self, call: Sequence[Parcel]) -> None:
        self._may_go_on([entry.job for parcel in call for entry in parcel.entries])
        ours = self._make_ready(call)
        if not ours:
            return
        try:
            results = self._write(ours)
        except OrgError as error:
            self._call_failed(ours, error)
        else:
            self._answered(ours, results)

    def _write(self, call: Sequence[Parcel]) -> list[RecordResult]:
        first = call[0].write
        records = [with_files(parcel.payload()) for parcel in call]
        duplicates = first.saves_duplicates
        if first.action == "create":
            return self.org.create(first.object, records, duplicates=duplicates)
        if first.action == "update":
            return self.org.update(first.object, records)
        return self.org.upsert(
            first.object, first.key_field or "", records, duplicates=duplicates
        )

    def _answered(self, call: Sequence[Parcel], results: list[RecordResult]) -> None:
        pairs = list(zip(call, results, strict=True))
        refused = [(p, r) for p, r in pairs if not r.success]
        apart = [p for p, r in refused if is_of_one(p, r)]
        sent = [entry for parcel in call for entry in parcel.entries]
        jobs = [entry.job for entry in sent]
        with transaction.atomic():
            done = [(e, r) for p, r in pairs if r.success for e in self._told(p)]
            self._keep(done, door=RECORDS)
            settling.answered(jobs=jobs, token=self.token)
            turns.give_back(self.token, sent)
            for parcel, result in refused:
                for entry in parcel.entries if parcel not in apart else ():
                    exchange.note(entry, door=RECORDS, result=result)
                    self._refused(entry, result.errors[0])
            self._settle(jobs)
        if self.schema_refusal is not None:
            raise SchemaRefused(self.schema_refusal)
        self._call_apart(apart)

    def _told(self, parcel: Parcel) -> list[Entry]:
        """Return the entries of which the org now holds something."""
        if len(parcel.entries) == 1:
            return parcel.entries
        give_last_word(parcel.entries)
        for entry in parcel.entries:
            if not entry.now.fields:
                self._leave_out(entry)
        return [entry for entry in parcel.entries if entry.now.fields]

    def _call_apart(self, parcels: Sequence[Parcel]) -> None:
        """Send what was merged one response after the other, each as it comes."""
        for parcel in parcels:
            for entry in parcel.entries:
                if (entry.job.row.pk, entry.place) in self.kept:
                    entry.job.row.before.pop(entry.place, None)
        for number in range(max((len(p.entries) for p in parcels), default=0)):
            part = []
            for parcel in parcels:
                for entry in parcel.entries[number : number + 1]:
                    before = [e for e in parcel.entries[:number] if e.is_written]
                    follow_each_other([*before, entry])
                    part.append(Parcel(entries=[entry]))
            self._call(part)

    def _keep(
        self, written: Sequence[tuple[Entry, RecordResult]], *, door: str
    ) -> None:
        """Keep what was written, and end the jobs that have nothing left."""
        now = self.clock()
        records: list[WrittenRecord] = []
        for entry, result in written:
            record_id = id18(result.id)
            exchange.note(entry, door=door, result=result)
            records.append(entry.record(record_id, created=result.created, now=now))
            entry.job.is_written(entry.write, record_id)
        settling.keep_records(records=records, token=self.token)

    def _refused(self, entry: Entry, said: Refusal) -> None:
        refusal = outcomes.of_record(said)
        entry.job.outcome = outcomes.refused(
            refusal,
            attempt=entry.job.row.attempts,
            now=self.clock(),
            rng=self.rng,
            rule=rule_of(entry.write, refusal),
        )
        if refusal.kind is Kind.SCHEMA:
            self.schema_refusal = refusal

    def _call_failed(self, call: Sequence[Parcel], error: OrgError) -> None:
        asked = [entry for parcel in call for entry in parcel.entries]
        if not self._whole_call_failed(asked, error):
            return
        if len(asked) == 1:
            self._refused(asked[0], outcomes.of_write_call(error.refusal, error.status))
            self._settle([asked[0].job])
        elif len(call) == 1:
            self._call_apart(call)
        else:
            for part in halves(call):
                self._call(part)

    def _whole_call_failed(self, asked: Sequence[Entry], error: OrgError) -> bool:
        """Settle what the failure means for all; True: one of them spoils the call."""
        refusal = outcomes.of_write_call(error.refusal, error.status)
        for entry in asked:
            exchange.note_refusal(entry, door=RECORDS, refusal=refusal)
        if not may_have_been_applied(error):
            settling.answered(jobs=[e.job for e in asked], token=self.token)
            turns.give_back(self.token, asked)
        if refusal.kind in {Kind.DATA, Kind.DUPLICATE}:
            return True
        if refusal.kind is Kind.SCHEMA:
            for entry in asked:
                self._refused(entry, refusal)
            raise SchemaRefused(refusal)
        raise error

    # -- one call of graphs

    def _call_graphs(self, jobs: Sequence[Job]) -> None:
        self._may_go_on(jobs)
        asked = [
            Parcel(entries=[Entry(job=job, write=write)])
            for job in jobs
            if job.open
            for write in job.todo
        ]
        ready: dict[Job, list[Entry]] = {}
        for parcel in self._make_ready(asked):
            entry = parcel.entries[0]
            ready.setdefault(entry.job, []).append(entry)
        ours = [graphs.Graph(entries=kept) for job, kept in ready.items() if job.open]
        if not ours:
            return
        try:
            results = self.org.write_graphs([graph.nodes() for graph in ours])
        except OrgError as error:
            self._graphs_failed(ours, error)
        else:
            self._graphs_answered(ours, results)

    def _graphs_answered(
        self, asked: Sequence[graphs.Graph], results: Sequence[GraphResult]
    ) -> None:
        pairs = list(zip(asked, results, strict=True))
        jobs = [graph.job for graph in asked]
        with transaction.atomic():
            for graph, told in pairs:
                graph.note_ids(told)
            done = [
                zip(g.entries, t.results, strict=True) for g, t in pairs if t.results
            ]
            self._keep([pair for one in done for pair in one], door=GRAPH)
            settling.answered(jobs=jobs, token=self.token)
            turns.give_back(self.token, [e for graph in asked for e in graph.entries])
            for graph, told in pairs:
                if told.refusal is not None:
                    self._graph_refused(graph, told, told.refusal)
            self._settle(jobs)
        if self.schema_refusal is not None:
            raise SchemaRefused(self.schema_refusal)

    def _graph_refused(
        self, graph: graphs.Graph, told: GraphResult, refusal: Refusal
    ) -> None:
        entry = graph.entries[told.failed or 0]
        exchange.keep_graph(graph.entries, failed=told.failed, refusal=refusal)
        self._refused(entry, refusal)

    def _graphs_failed(self, asked: Sequence[graphs.Graph], error: OrgError) -> None:
        every = [entry for graph in asked for entry in graph.entries]
        if not self._whole_call_failed(every, error):
            return
        if len(asked) == 1:
            refusal = outcomes.of_write_call(error.refusal, error.status)
            self._refused(asked[0].entries[0], refusal)
            self._settle([asked[0].job])
            return
        for part in halves(asked):
            self._call_graphs([graph.job for graph in part])

    def _settle(self, jobs: Sequence[Job]) -> None:
        settling.settle(jobs=jobs, token=self.token, now=self.clock())
