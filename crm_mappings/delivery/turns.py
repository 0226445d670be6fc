"""Owns whose turn it is at a record that several responses are about: one worker at
a time, and an older response never overwrites a newer one."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q

from crm_mappings.delivery.jobs import Entry, Job
from crm_mappings.models import Connection, RecordTurn, WrittenRecord
from responses.models import Response

# Longer than a call can take, also by the clock of a worker that is ahead of ours.
LEASE = timedelta(minutes=5)

Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Newer:
    """What a record holds that an entry must not overwrite."""

    # Fields that a newer response has written.
    fields: frozenset[str] = frozenset()
    # Somebody has written the record since we asked what it holds.
    stale: bool = False


def place(entry: Entry) -> Place | None:
    """Return what must be one's own while it is written; None: nobody else has it."""
    write = entry.write
    if write.record_id is not None:
        return write.object, write.record_id
    if write.key_value is None or entry.is_ours:
        return None
    key = f"{write.key_field}={str(write.key_value).casefold()}"
    return write.object, hashlib.sha256(key.encode()).hexdigest()


def take(
    *,
    connection: Connection,
    places: Iterable[Place],
    token: uuid.UUID,
    now: datetime,
) -> set[Place]:
    """Take the turn at each place that is free; return the places that are ours."""
    # In one order, so that two workers never wait for each other.
    wanted = sorted(set(places))
    if not wanted:
        return set()
    turns = RecordTurn.objects.filter(connection=connection)
    rows = [
        RecordTurn(
            connection=connection,
            object=object_,
            record=record,
            lease_token=token,
            until=now + LEASE,
        )
        for object_, record in wanted
    ]
    RecordTurn.objects.bulk_create(rows, ignore_conflicts=True)
    asked = turns.filter(record__in=[record for _, record in wanted])
    asked.filter(Q(lease_token=token) | Q(until__lte=now)).update(
        lease_token=token, until=now + LEASE
    )
    mine = asked.filter(lease_token=token).values_list("object", "record")
    return set(mine) & set(wanted)


def give_back(
    token: uuid.UUID,
    entries: Iterable[Entry] | None = None,
    *,
    but: Iterable[Entry] = (),
) -> None:
    """Let others have their turn at the records of these entries, or at all."""
    mine = RecordTurn.objects.filter(lease_token=token)
    if entries is not None:
        mine = mine.filter(record__in=_records(entries) - _records(but))
    mine.delete()


def pass_on(
    token: uuid.UUID, entries: Iterable[Entry], *, to: uuid.UUID, until: datetime
) -> None:
    """Let whoever carries these entries on have our turns, for as long as it takes."""
    mine = RecordTurn.objects.filter(lease_token=token, record__in=_records(entries))
    mine.update(lease_token=to, until=until)


def _records(entries: Iterable[Entry]) -> set[str]:
    return {known[1] for entry in entries if (known := place(entry))}


def last_record() -> int:
    """Return a mark: whatever is written from now on is above it."""
    last: int | None = WrittenRecord.objects.aggregate(last=Max("pk"))["last"]
    return last or 0


def newer(
    *,
    connection: Connection,
    entries: Sequence[Entry],
    mark: int,
    own: Container[int] = (),
) -> dict[Entry, Newer]:
    """Return what newer responses have written to the records of these entries.

    `own` are the write-backs of this claim: what they write is known.
    """
    about = [entry for entry in entries if entry.write.record_id is not None]
    if not about:
        return {}
    oldest = min(_age(entry.job) for entry in about)
    kept = WrittenRecord.objects.filter(
        Q(write_back__response__completed_at__gte=oldest[0])
        | Q(write_back__response__completed_at=None)
        | Q(pk__gt=mark),
        record_id__in={entry.write.record_id for entry in about},
        write_back__mapping__connection=connection,
        undone_at=None,
    ).select_related("write_back__response")
    by_record: dict[str, list[WrittenRecord]] = defaultdict(list)
    for record in kept:
        by_record[record.record_id].append(record)
    return {
        entry: _judged(entry, by_record.get(entry.write.record_id or "", []), mark, own)
        for entry in about
    }


def _judged(
    entry: Entry,
    records: Sequence[WrittenRecord],
    mark: int,
    own: Container[int] = (),
) -> Newer:
    others = [r for r in records if r.write_back_id != entry.job.row.pk]
    after = [
        r for r in others if _response_age(r.write_back.response) > _age(entry.job)
    ]
    return Newer(
        fields=frozenset(name for record in after for name in record.fields),
        stale=any(r.pk > mark and r.write_back_id not in own for r in others),
    )


def _age(job: Job) -> tuple[datetime, int]:
    return _response_age(job.row.response)


def _response_age(response: Response) -> tuple[datetime, int]:
    return response.completed_at or response.updated_at, response.pk
