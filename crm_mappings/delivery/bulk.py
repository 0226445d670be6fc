"""Owns what goes into the Bulk API: thousands of rows of a backfill in one job, gathered
in slices, so that a worker can look for new responses in between."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from crm_mappings.delivery import outbox, outcomes, turns
from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.delivery.parcels import Parcel, give_last_word, merged
from crm_mappings.delivery.sending import Sender
from crm_mappings.models import (
    Backfill,
    BulkJob,
    Connection,
    Mapping,
    WriteBack,
)
from crm_mappings.plan import rules
from crm_mappings.plan.planner import has_file
from crm_mappings.plan.specs import Action, Duplicates, MappingSpec
from crm_mappings.salesforce import bulk as wire
from crm_mappings.salesforce import bulk_calls
from crm_mappings.salesforce.client import OrgClient

# Fewer rows are cheaper in calls of 200.
FROM = 2_000
# So much of a job is planned, or settled, before new responses have their turn.
SLICE = 500
# Then a job goes off with what there is of it: turns at records do not wait longer.
LONGEST_GATHERING = timedelta(seconds=60)
ASK_EVERY = timedelta(seconds=10)
# So long an org keeps a job; nobody else writes its records while it may be at work.
LONGEST_JOB = timedelta(days=7)
Status = BulkJob.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Rows that are ours, by their ids."""

    token: uuid.UUID
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the records of one job have in common."""

    revision: int
    object: str
    action: str
    key_field: str | None

    @property
    def key(self) -> str:
        """The column by which a result is told to belong to a row."""
        return "Id" if self.action == "update" else self.key_field or ""


@dataclass(slots=True, kw_only=True, eq=False)
class Load:
    """What a claim gives to jobs."""

    parcels: dict[Shape, list[Parcel]] = field(default_factory=dict)
    seen: set[tuple[Shape, object]] = field(default_factory=set)

    def add(self, shape: Shape, parcels: Sequence[Parcel]) -> None:
        self.parcels.setdefault(shape, []).extend(parcels)
        self.seen |= {(shape, parcel.entries[0].identity) for parcel in parcels}


def claim(*, now: datetime, least: int = FROM) -> Taken | None:
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
        return Taken(token=token, keys=tuple(keys))
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
    """Gathers plans of one record each; what does not fit goes the usual way."""

    load: Load = field(default_factory=Load)

    def send(self, jobs: list[Job]) -> None:
        self.own = {job.row.pk for job in jobs}
        shapes: dict[Shape, list[Entry]] = defaultdict(list)
        others: list[Job] = []
        for job in jobs:
            if not job.open:
                continue
            entry = Entry(job=job, write=job.todo[0]) if len(job.todo) == 1 else None
            if entry is None or not _may_be_repeated(entry):
                others.append(job)
                continue
            shapes[_shape(entry)].append(entry)
        for shape, entries in shapes.items():
            self._gather(shape, entries)
        # Spelled out: zero-argument super() is lost in a dataclass with slots.
        Sender.send(self, others)

    def _gather(self, shape: Shape, entries: Sequence[Entry]) -> None:
        self._may_go_on([entry.job for entry in entries])
        fresh = []
        for entry in entries:
            if (shape, entry.identity) in self.load.seen:
                # No record twice in a job: it is for the next one.
                entry.job.outcome = outcomes.not_yet(due_at=self.clock())
            else:
                fresh.append(entry)
        ready = self._make_ready(merged(fresh))
        self._settle([entry.job for entry in entries])
        self.load.add(shape, ready)


def ship(
    *,
    org: OrgClient,
    connection: Connection,
    token: uuid.UUID,
    clock: Callable[[], datetime],
    shape: Shape,
    parcels: Sequence[Parcel],
) -> None:
    """Send off one job."""
    file = wire.write([parcel.payload() for parcel in parcels])
    for parcel in parcels:
        give_last_word(parcel.entries)
    job_id = bulk_calls.open_job(org, shape.object, shape.action, shape.key_field)
    job = _keep_job(connection, shape, parcels, job_id, token, clock())
    kept = BulkJob.objects.filter(pk=job.pk)
    try:
        bulk_calls.fill_job(org, job_id, file)
        kept.update(status=Status.WORKING)
    finally:
        kept.update(asked_at=clock() + ASK_EVERY)


def _keep_job(
    connection: Connection,
    shape: Shape,
    parcels: Sequence[Parcel],
    job_id: str,
    claimed: uuid.UUID,
    now: datetime,
) -> BulkJob:
    """Keep what the job is to carry, before it can begin. It goes on under a token of
    its own, so that the rest of the claim does not end with it."""
    token = uuid.uuid4()
    entries = [entry for parcel in parcels for entry in parcel.entries]
    with transaction.atomic():
        job = BulkJob.objects.create(
            connection=connection,
            job_id=job_id,
            object=shape.object,
            operation=shape.action,
            key_field=shape.key,
            entries={
                str(p.payload()[shape.key]): [_kept(e) for e in p.entries]
                for p in parcels
            },
            lease_token=token,
            # While the file goes up it would be taken for abandoned.
            asked_at=now + outbox.LEASE,
            created_at=now,
        )
        rows = [entry.job.row.pk for entry in entries]
        mine = outbox.held_by(claimed).filter(pk__in=rows)
        mine.update(bulk_job=job, lease_token=token)
        turns.pass_on(claimed, entries, to=token, until=now + LONGEST_JOB)
    for entry in entries:
        # Out of our hands: whoever asks for the job settles it.
        entry.job.lost = True
    return job


def _shape(entry: Entry) -> Shape:
    write = entry.write
    return Shape(
        revision=entry.job.row.revision_id,
        object=write.object,
        action=write.action,
        key_field=write.key_field,
    )


def _may_be_repeated(entry: Entry) -> bool:
    write = entry.write
    if write.action == "create" or write.saves_duplicates or has_file(write):
        return False
    # What may be there already is looked for first.
    return not entry.job.row.outcome_unknown and wire.fits(write.fields)


def _kept(entry: Entry) -> list[Any]:
    ours, row = entry.is_ours, entry.job.row.pk
    return [row, entry.write.step, entry.fields(), entry.previous(), ours]
