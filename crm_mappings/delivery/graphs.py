"""Owns the responses that write several records: each a graph, written as a whole or
not at all. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.delivery.parcels import ParentOf, no_parent
from crm_mappings.plan.ids import is_event
from crm_mappings.plan.planner import StepRef, Write, has_file
from crm_mappings.salesforce.graphs import (
    MOST_GRAPHS,
    MOST_NODES,
    REFERENCE,
    GraphResult,
    Node,
    reference,
)

# A call that was too much last time holds fewer graphs at once.
SMALL = 10
DEEPEST = 15
# More responses about one record than this are not worth a call each.
CROWD = 3


@dataclass(slots=True, kw_only=True, eq=False)
class Graph:
    """The records of one response, in order."""

    entries: list[Entry]

    @property
    def job(self) -> Job:
        return self.entries[0].job

    def nodes(self) -> list[Node]:
        names = self._names()
        return [_node(e, f"w{n}", names) for n, e in enumerate(self.entries)]

    def _names(self) -> dict[str, str]:
        """Return step -> what its first record is called inside the graph."""
        names: dict[str, str] = {}
        for number, entry in enumerate(self.entries):
            names.setdefault(entry.write.step, f"w{number}")
        return names

    def note_ids(self, told: GraphResult) -> None:
        """Let later records of the job know the ids of earlier ones."""
        for entry, result in zip(self.entries, told.results, strict=False):
            if result.id:
                self.job.ids.setdefault(entry.write.step, result.id)


def _node(entry: Entry, name: str, names: dict[str, str]) -> Node:
    write = entry.now
    ids = entry.job.ids
    fields: dict[str, Any] = {}
    for field, value in write.fields.items():
        if isinstance(value, StepRef):
            known = ids.get(value.step)
            fields[field] = known or reference(names[value.step])
        else:
            fields[field] = value
    return Node(
        reference=name,
        action=write.action,
        object=write.object,
        record_id=write.record_id,
        key_field=write.key_field,
        key_value=write.key_value,
        fields=fields,
        saves_duplicates=write.saves_duplicates,
    )


def calls(jobs: Sequence[Job], parent_of: ParentOf = no_parent) -> Iterator[list[Job]]:
    """Yield the jobs that go as graphs, as many as one call takes, no record twice;
    those that share a parent go together."""
    fitting = [job for job in jobs if _fits(job)]
    fitting.sort(key=lambda job: next(filter(None, map(parent_of, job.todo)), ""))
    about = Counter(place for job in fitting for place in _places(job))
    for small in (False, True):
        group = [
            job
            for job in fitting
            if job.goes_in_small_calls is small
            and all(about[place] <= CROWD for place in _places(job))
        ]
        yield from _cut(group, SMALL if small else MOST_GRAPHS)


def _cut(group: list[Job], most: int) -> Iterator[list[Job]]:
    while group:
        call: list[Job] = []
        later: list[Job] = []
        seen: set[object] = set()
        nodes = 0
        for job in group:
            places = _places(job)
            room = len(call) < most and nodes + len(job.todo) <= MOST_NODES
            if room and not places & seen:
                call.append(job)
                nodes += len(job.todo)
            else:
                later.append(job)
            seen |= places
        yield call
        group = later


def _fits(job: Job) -> bool:
    if not job.open or not 1 < len(job.todo) <= MOST_NODES:
        return False
    steps = {write.step for write in job.todo}
    # Text that looks like a reference would be taken for one, files are too large
    # to wait for each other, and an event cannot be taken back.
    return len(steps) <= DEEPEST and not any(
        _reads_like_one(write) or has_file(write) or is_event(write.object)
        for write in job.todo
    )


def _reads_like_one(write: Write) -> bool:
    values = (*write.fields.values(), write.key_value)
    return any(isinstance(value, str) and REFERENCE in value for value in values)


def _places(job: Job) -> set[object]:
    identities = (Entry(job=job, write=write).identity for write in job.todo)
    return {known for known in identities if known is not None}
