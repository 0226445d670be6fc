"""Owns one claimed write-back on its way: its plan, what is done of it, what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from crm_mappings import facts
from crm_mappings.delivery import outcomes
from crm_mappings.delivery.outcomes import Outcome
from crm_mappings.models import WriteBack, WrittenRecord
from crm_mappings.plan.ids import is_event
from crm_mappings.plan.planner import (
    CREATE,
    UPDATE,
    UPSERT,
    FileContent,
    StepRef,
    Write,
    WritePlan,
    has_file,
    key_for,
)
from crm_mappings.plan.schema import ObjectSchema
from crm_mappings.plan.values import Facts
from crm_mappings.salesforce.errors import wants_small_calls


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    row: WriteBack
    facts: Facts | None = None
    plan: WritePlan | None = None
    todo: list[Write] = field(default_factory=list)
    # Step -> the record that it wrote, for the steps that refer to it.
    ids: dict[str, str] = field(default_factory=dict)
    # Why something of the plan was left out on the way.
    notes: list[str] = field(default_factory=list)
    # What was sent for it and what came back, without the words of the answers.
    exchange: list[dict[str, Any]] = field(default_factory=list)
    outcome: Outcome | None = None
    # Another worker has taken the row over; nothing of ours may touch it any more.
    lost: bool = False
    # What Salesforce said is stored, or not yet.
    settled: bool = False
    # Some of the plan is in the org.
    wrote: bool = False

    @property
    def open(self) -> bool:
        return self.outcome is None and not self.lost

    @property
    def goes_in_small_calls(self) -> bool:
        return wants_small_calls(self.row.error_class, self.row.error_code)

    def read(self) -> Facts:
        """Return what is known of the response; it is read once."""
        if self.facts is None:
            self.facts = facts.read(self.row.response)
        return self.facts

    @property
    def made(self) -> frozenset[str]:
        """The steps whose record an earlier attempt has made."""
        kept = self.row.records.all() if self.row.pk else ()
        return frozenset(o.step for o in kept if o.created and o.undone_at is None)

    def follow(
        self, plan: WritePlan, schemas: Mapping[str, ObjectSchema] | None = None
    ) -> None:
        """Take up a plan, without what earlier attempts have written of it; what was
        written before the response had news is written again."""
        self.plan = plan
        kept = [one for one in self.row.records.all() if one.undone_at is None]
        renewed = self.row.renewed_after
        earlier = {one.step: one.record_id for one in kept if one.pk <= renewed}
        done = {(one.step, one.record_id) for one in kept if one.pk > renewed}
        self.wrote = bool(done)
        self.ids = earlier | dict(done)
        todo = [write for write in plan.writes if not _is_done(write, done)]
        if earlier:
            second = (self._again(w, earlier.get(w.step), schemas or {}) for w in todo)
            todo = [write for write in second if write is not None]
            self.wrote = True
        self.todo = todo

    def next_writes(self) -> list[Write]:
        """Return the writes of the next step: what they refer to is there."""
        first = self.todo[0].step if self.todo else None
        return [write for write in self.todo if write.step == first]

    def is_written(self, write: Write, record_id: str) -> None:
        self.todo.remove(write)
        self.wrote = True
        self.ids.setdefault(write.step, record_id)
        self._finish()

    def is_there(
        self, write: Write, record_id: str, schemas: Mapping[str, ObjectSchema]
    ) -> bool:
        """Change the record that an earlier attempt has made to what is to be there;
        False: it is not written a second time."""
        second = self._again(write, record_id, schemas)
        place = self.todo.index(write)
        self.todo[place : place + 1] = [] if second is None else [second]
        self.wrote = True
        self.ids.setdefault(write.step, record_id)
        self._finish()
        return second is not None

    def _again(
        self,
        write: Write,
        record_id: str | None,
        schemas: Mapping[str, ObjectSchema],
    ) -> Write | None:
        """Return how a record is written again that may be there already: made before,
        it is changed. None: it is not written a second time."""
        if record_id is None or write.action == UPDATE:
            return write
        if is_event(write.object) or has_file(write):
            return None
        ours = Entry(job=self, write=write).is_ours
        # It may have been made before its object had a field for our key.
        key = {write.key_field: write.key_value} if ours and write.key_field else {}
        every: dict[str, object] = {**write.fields, **key}
        names = _updateable(every, schemas[write.object])
        fields = {name: value for name, value in every.items() if name in names}
        if not fields.keys() - key.keys():
            return None
        if write.action == UPSERT and not ours:
            return replace(write, fields=fields)
        return replace(
            write, action=UPDATE, record_id=record_id, fields=fields, previous={}
        )

    def leave_out(self, write: Write, note: str) -> None:
        """Do not write this record; later steps may still refer to it."""
        self.todo.remove(write)
        self.notes.append(note)
        if write.record_id is not None:
            self.ids.setdefault(write.step, write.record_id)
        self._finish()

    def _finish(self) -> None:
        """End when nothing is left."""
        if self.todo or self.plan is None or self.outcome is not None:
            return
        self.outcome = (
            outcomes.written(self.plan, self.notes)
            if self.wrote
            else outcomes.overtaken(self.notes)
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One record of one response."""

    job: Job
    write: Write
    # Fields that a newer response has written already.
    overtaken: frozenset[str] = frozenset()
    # What is sent of the write, when that is not all of it.
    sent: Write | None = None

    @property
    def now(self) -> Write:
        return self.sent or self.write

    @property
    def identity(self) -> object:
        """What may stand only once in a call; None: it may not be repeated."""
        key = self.write.record_id or self.write.key_value
        return key.casefold() if isinstance(key, str) else key

    @property
    def is_ours(self) -> bool:
        """Say whether the record is known by our own key: nobody else makes it."""
        row, write = self.job.row, self.write
        if write.key_value is None:
            return False
        return write.key_value == key_for(row.response.key, row.mapping.key, write.step)

    @property
    def is_written(self) -> bool:
        return self.write not in self.job.todo

    def leaves_doubt(self, schemas: Mapping[str, ObjectSchema]) -> bool:
        """Say whether the write must not simply be repeated: it makes a record, or
        gives one what it can be given only once."""
        if self.write.action == UPDATE:
            return False
        names = set(self.write.fields)
        always = _updateable(names, schemas[self.write.object])
        return self.write.action == CREATE or always != names

    def doubt(self) -> dict[str, Any]:
        """Return what is to be made, as it is kept until the answer is there."""
        return {
            "step": self.write.step,
            "action": self.write.action,
            "object": self.write.object,
            "fields": {
                name: {"step": value.step} if isinstance(value, StepRef) else value
                for name, value in self.now.fields.items()
                if not isinstance(value, FileContent)
            },
        }

    def leave_out(self, names: frozenset[str]) -> None:
        """Leave fields out of what is sent."""
        self.overtaken |= names
        fields = {n: v for n, v in self.now.fields.items() if n not in names}
        self.sent = replace(self.now, fields=fields)

    def fields(self) -> dict[str, Any]:
        return {name: self._wire(value) for name, value in self.now.fields.items()}

    def payload(self) -> dict[str, Any]:
        """Return the record as it is sent."""
        return self.fields() | self.address()

    def address(self) -> dict[str, Any]:
        """Return what says which record is meant."""
        if self.write.record_id is not None:
            return {"Id": self.write.record_id}
        if self.write.key_field is not None:
            return {self.write.key_field: self.write.key_value}
        return {}

    def _wire(self, value: object) -> object:
        return self.job.ids[value.step] if isinstance(value, StepRef) else value

    def _kept(self) -> dict[str, Any]:
        """Return what can be compared with the org later: no files, and of an event
        nothing, which nobody can read again."""
        if is_event(self.write.object):
            return {}
        return {
            name: value
            for name, value in self.fields().items()
            if not isinstance(value, FileContent)
        }

    def previous(self) -> dict[str, Any] | None:
        """Return what was there before our first try to write it."""
        if self.write.record_id is None:
            return None
        kept: Mapping[str, Any] | None = self.job.row.before.get(self.place)
        known = {**(self.now.previous or {}), **(kept or {})}
        return {name: known.get(name) for name in self.now.fields}

    @property
    def place(self) -> str:
        return f"{self.write.step} {self.write.record_id}"

    def record(self, record_id: str, *, created: bool, now: datetime) -> WrittenRecord:
        # By our own key nobody but us can have made it, at whichever attempt.
        made = created or self.is_ours
        return WrittenRecord(
            write_back=self.job.row,
            step=self.write.step,
            object=self.write.object,
            record_id=record_id,
            created=made,
            fields=self._kept(),
            previous=None if made else self.previous(),
            written_at=now,
        )


def _is_done(write: Write, done: set[tuple[str, str]]) -> bool:
    if write.record_id is not None:
        return (write.step, write.record_id) in done
    return any(step == write.step for step, _ in done)


def entries(jobs: list[Job]) -> Iterator[Entry]:
    """Yield the next step's records of every job that has some left."""
    for job in jobs:
        if job.open:
            for write in job.next_writes():
                yield Entry(job=job, write=write)


def _updateable(names: Iterable[str], schema: ObjectSchema) -> set[str]:
    known = schema.fields
    return {name for name in names if name in known and known[name].updateable}
