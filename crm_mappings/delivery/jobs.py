"""Owns one claimed write-back on its way: its plan, what is done of it, what is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from crm_mappings.delivery.outcomes import Outcome
from crm_mappings.models import WriteBack, WrittenRecord
from crm_mappings.plan.planner import StepRef, Write, WritePlan
from crm_mappings.plan.values import Facts


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    row: WriteBack
    facts: Facts | None = None
    plan: WritePlan | None = None
    todo: list[Write] = field(default_factory=list)
    # Step -> the record that it wrote, for the steps that refer to it.
    ids: dict[str, str] = field(default_factory=dict)
    outcome: Outcome | None = None
    # Another worker has taken the row over; nothing of ours may touch it any more.
    lost: bool = False
    # What Salesforce said is stored, or not yet.
    settled: bool = False

    @property
    def open(self) -> bool:
        return self.outcome is None and not self.lost

    def follow(self, plan: WritePlan) -> None:
        """Take up a plan, without what earlier attempts have written of it."""
        self.plan = plan
        done = {(record.step, record.record_id) for record in self.row.records.all()}
        self.ids = dict(done)
        self.todo = [write for write in plan.writes if not _is_done(write, done)]

    def next_writes(self) -> list[Write]:
        """Return the writes of the next step: what they refer to is there."""
        first = self.todo[0].step if self.todo else None
        return [write for write in self.todo if write.step == first]

    def is_written(self, write: Write, record_id: str) -> None:
        self.todo.remove(write)
        self.ids.setdefault(write.step, record_id)


@dataclass(slots=True, kw_only=True, eq=False)
class Entry:
    """One record of one call."""

    job: Job
    write: Write

    @property
    def identity(self) -> object:
        """What may stand only once in a call; None: it may not be repeated."""
        return self.write.record_id or self.write.key_value

    def payload(self) -> dict[str, Any]:
        """Return the record as it is sent."""
        fields = {name: self._wire(v) for name, v in self.write.fields.items()}
        if self.write.record_id is not None:
            fields["Id"] = self.write.record_id
        elif self.write.key_field is not None:
            fields[self.write.key_field] = self.write.key_value
        return fields

    def _wire(self, value: object) -> object:
        return self.job.ids[value.step] if isinstance(value, StepRef) else value

    def previous(self) -> dict[str, Any] | None:
        """Return what was there before our first try to write it."""
        if self.write.record_id is None:
            return None
        kept = self.job.row.before.get(self.place)
        return kept if kept is not None else dict(self.write.previous or {})

    @property
    def place(self) -> str:
        return f"{self.write.step} {self.write.record_id}"

    def record(self, record_id: str, *, created: bool, now: Any) -> WrittenRecord:
        return WrittenRecord(
            write_back=self.job.row,
            step=self.write.step,
            object=self.write.object,
            record_id=record_id,
            created=created,
            fields={name: self._wire(v) for name, v in self.write.fields.items()},
            previous=None if created else self.previous(),
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
