"""Owns how what was written is put back: from the values before, only where nobody
has changed them since, and never deleting a record without being told to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import QuerySet

from crm_mappings import connections
from crm_mappings.delivery import budget, news, turns
from crm_mappings.delivery.comparing import as_it_is_sent
from crm_mappings.delivery.files import to_delete
from crm_mappings.delivery.undoing.judging import DONE, Fate, Finding, judged, words
from crm_mappings.models import Attempt, Connection, WriteBack, WrittenRecord
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import (
    LARGEST,
    LARGEST_RETRIEVE,
    RecordResult,
    chunks,
)

State = WriteBack.State
User = AbstractBaseUser | AnonymousUser
# What may be put back: nothing of it is on the way.
SETTLED = (State.WRITTEN, State.HELD, State.SKIPPED)
WINDOW = 5_000
NEWEST_FIRST = ("-write_back__response__completed_at", "-pk")


@dataclass(slots=True, kw_only=True)
class Undone:
    """What became of the write-backs and their records."""

    undone: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many write-backs are not put back as a whole."""
        about = {finding.record.write_back_id for finding in self.findings}
        return len(about) - self.undone

    def count(self, fate: Fate) -> int:
        return sum(finding.fate is fate for finding in self.findings)


def look(
    *, write_backs: QuerySet[WriteBack], now: datetime, delete_created: bool = False
) -> list[Finding]:
    """Return what undoing would do; only reads from the org. Raises `OrgError`."""
    findings: list[Finding] = []
    for connection, records in _by_connection(write_backs):
        with asking(connection, now) as org:
            for part in pieces(records, most=LARGEST_RETRIEVE):
                findings += judged(org, part, delete_created=delete_created)
    return findings


def undo(
    *,
    write_backs: QuerySet[WriteBack],
    now: datetime,
    user: User | None = None,
    delete_created: bool = False,
) -> Undone:
    """Put back what was written, the newest answer first. Raises `OrgError`.

    A record whose fields somebody else has changed since is left as it is, and so is
    its write-back. Records that were made are deleted only with `delete_created`.
    """
    total = Undone()
    for part in undo_in_batches(
        write_backs=write_backs,
        clock=lambda: now,
        user=user,
        delete_created=delete_created,
    ):
        total.undone += part.undone
        total.findings += part.findings
    return total


def undo_in_batches(
    *,
    write_backs: QuerySet[WriteBack],
    clock: Callable[[], datetime],
    user: User | None = None,
    delete_created: bool = False,
) -> Iterator[Undone]:
    """Put back any number of write-backs; yield what became of each batch."""
    for connection, records in _by_connection(write_backs):
        with asking(connection, clock()) as org:
            for part in pieces(records, most=LARGEST):
                with putting_back(
                    org=org,
                    connection=connection,
                    records=part,
                    now=clock(),
                    delete_created=delete_created,
                ) as findings:
                    undone = settle(findings, now=clock(), user=user)
                yield Undone(undone=undone, findings=findings)


@contextmanager
def asking(connection: Connection, now: datetime) -> Iterator[OrgClient]:
    """Lend a client of the org, and keep what it says of its calls."""
    org = connections.client(connection)
    try:
        yield org
    finally:
        budget.note(connection=connection, org=org, now=now)
        org.close()


def to_put_back(write_backs: QuerySet[WriteBack]) -> QuerySet[WrittenRecord]:
    """Return the records that undoing is about."""
    return WrittenRecord.objects.filter(
        write_back__in=write_backs.order_by().values("pk"),
        write_back__state__in=SETTLED,
        undone_at=None,
    )


def _by_connection(
    write_backs: QuerySet[WriteBack],
) -> Iterator[tuple[Connection, QuerySet[WrittenRecord]]]:
    records = to_put_back(write_backs)
    path = "write_back__mapping__connection"
    keys = records.order_by().values(path).distinct()
    for connection in Connection.objects.filter(pk__in=keys).order_by("pk"):
        yield connection, records.filter(**{path: connection})


def pieces(
    records: QuerySet[WrittenRecord], *, most: int, after: str = ""
) -> Iterator[list[WrittenRecord]]:
    """Yield about so many at a time. All that was written to one record comes at once,
    the newest answer first: what one puts back, the next one finds."""
    # By id alone: a database that knows no better would begin with the whole run.
    open_ = WrittenRecord.objects.filter(undone_at=None)
    related = open_.select_related("write_back__mapping__connection")
    ordered = related.order_by("record_id", *NEWEST_FIRST)
    while window := _window(records, after):
        for keys in _cut(window, most):
            asked = ordered.filter(pk__in=keys)
            if found := [one for one in asked if one.write_back.state in SETTLED]:
                yield found
        after = window[-1][0]


def _window(records: QuerySet[WrittenRecord], after: str) -> list[tuple[str, int]]:
    """Return the next thousands, each as the record's id and ours: so a long run is
    seldom sorted."""
    ordered = records.order_by("record_id").values_list("record_id", "pk")
    found = list(ordered.filter(record_id__gt=after)[: WINDOW + 1])
    if len(found) <= WINDOW:
        return found
    last = found[-1][0]
    whole = [one for one in found if one[0] != last]
    return whole or list(ordered.filter(record_id=last))


def _cut(window: Sequence[tuple[str, int]], most: int) -> Iterator[list[int]]:
    part: list[int] = []
    for _record, group in groupby(window, key=itemgetter(0)):
        keys = [key for _record_id, key in group]
        if part and len(part) + len(keys) > most:
            yield part
            part = []
        part += keys
    if part:
        yield part


@contextmanager
def putting_back(
    *,
    org: OrgClient,
    connection: Connection,
    records: Sequence[WrittenRecord],
    now: datetime,
    delete_created: bool = False,
) -> Iterator[list[Finding]]:
    """Let the org hold what one batch of records held before; nobody else writes them
    until the end of the block, which settles what came of it."""
    token = uuid.uuid4()
    places = {(record.object, record.record_id) for record in records}
    with transaction.atomic():
        mine = turns.take(connection=connection, places=places, token=token, now=now)
    try:
        # What was read before our turn may have been written anew, or put back, since.
        left = set(_open(records).values_list("pk", flat=True))
        free = [r for r in records if r.pk in left and (r.object, r.record_id) in mine]
        findings = judged(org, free, delete_created=delete_created)
        _restore(org, [f for f in findings if f.fate is Fate.RESTORE])
        _delete(org, [f for f in findings if f.fate is Fate.DELETE])
        busy = [r for r in records if (r.object, r.record_id) not in mine]
        findings += [Finding(record=r, fate=Fate.BUSY) for r in busy]
        yield findings
    finally:
        turns.give_back(token)


def _open(records: Sequence[WrittenRecord]) -> QuerySet[WrittenRecord]:
    return WrittenRecord.objects.filter(
        pk__in=[record.pk for record in records],
        write_back__state__in=SETTLED,
        undone_at=None,
    )


def _restore(org: OrgClient, findings: Sequence[Finding]) -> None:
    """Write the values before; of several for one record the oldest comes last."""
    by_object: dict[str, dict[str, list[Finding]]] = defaultdict(dict)
    for finding in findings:
        record = finding.record
        by_object[record.object].setdefault(record.record_id, []).append(finding)
    for object_, by_id in by_object.items():
        for part in chunks(list(by_id.items()), LARGEST):
            payloads = [_payload(record_id, group) for record_id, group in part]
            results = org.update(object_, payloads)
            for (_record_id, group), result in zip(part, results, strict=True):
                _note(group, result)


def _payload(record_id: str, group: Sequence[Finding]) -> dict[str, Any]:
    fields: dict[str, Any] = {"Id": record_id}
    for finding in group:
        before = finding.record.previous or {}
        names = finding.record.fields
        fields |= {name: as_it_is_sent(before.get(name)) for name in names}
    return fields


def _delete(org: OrgClient, findings: Sequence[Finding]) -> None:
    for part in chunks(findings, LARGEST):
        results = org.delete(to_delete(org, [finding.record for finding in part]))
        for finding, result in zip(part, results, strict=True):
            _note([finding], result)


def _note(group: Sequence[Finding], result: RecordResult) -> None:
    if not result.success:
        for finding in group:
            finding.fate = Fate.REFUSED
            finding.message = result.errors[0].message


@transaction.atomic
def settle(findings: Sequence[Finding], *, now: datetime, user: User | None) -> int:
    """Keep what was put back; return how many rows are undone, as nothing of them is
    left."""
    by_row: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_row[finding.record.write_back_id].append(finding)
    back = [f.record for f in findings if f.fate in DONE]
    keys = [record.pk for record in back]
    WrittenRecord.objects.filter(pk__in=keys).update(undone_at=now)
    # What was there is there again: if it is written again, it is looked at anew.
    rows = {record.write_back_id for record in back}
    WriteBack.objects.filter(pk__in=rows, state__in=SETTLED).update(before={})
    left = WrittenRecord.objects.filter(write_back__in=by_row, undone_at=None)
    whole = set(by_row) - set(left.values_list("write_back_id", flat=True))
    count = WriteBack.objects.filter(pk__in=whole, state__in=SETTLED).update(
        state=State.UNDONE,
        error_class="",
        error_code="",
        reason="",
        rule=None,
        settled_at=now,
    )
    refused = {f.record.write_back_id for f in findings if f.fate not in DONE}
    Attempt.objects.bulk_create(
        _attempt(group, key in whole, now, user)
        for key, group in by_row.items()
        if key in whole | refused
    )
    news.tell(sorted(whole), now=now)
    return count


def _attempt(
    group: Sequence[Finding], whole: bool, now: datetime, user: User | None
) -> Attempt:
    row = group[0].record.write_back
    return Attempt(
        write_back=row,
        number=row.attempts,
        at=now,
        outcome="undone" if whole else "undo_refused",
        message=" ".join(
            filter(None, [user.get_username() if user else "", *_told(group)])
        ),
    )


def _told(group: Sequence[Finding]) -> Iterator[str]:
    for finding in group:
        if finding.fate not in DONE:
            yield f"{finding.record.object} {finding.record.record_id}: {words(finding)}"
