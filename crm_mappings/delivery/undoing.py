"""Owns how what was written is put back: from the values before, only where nobody
has changed them since, and never deleting a record without being told to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm_mappings import connections
from crm_mappings.delivery import budget, news, turns
from crm_mappings.delivery.comparing import same
from crm_mappings.models import Attempt, Connection, WriteBack, WrittenRecord
from crm_mappings.plan.ids import is_event
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import LARGEST, RecordResult, chunks

State = WriteBack.State
User = AbstractBaseUser | AnonymousUser
# What may be put back: nothing of it is on the way.
SETTLED = (State.WRITTEN, State.HELD, State.SKIPPED)
BATCH = 500
NEWEST_FIRST = ("-write_back__response__completed_at", "-pk")


class Fate(StrEnum):
    """What undoing does to one record, or why it does nothing."""

    RESTORE = "restore"
    DELETE = "delete"
    ALREADY = "already"
    GONE = "gone"
    KEEP = "keep"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    BUSY = "busy"
    REFUSED = "refused"


DONE = frozenset({Fate.RESTORE, Fate.DELETE, Fate.ALREADY, Fate.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldNow:
    """One field: what was there, what we wrote, and what is there now."""

    name: str
    before: object
    wrote: object
    holds: object

    @property
    def changed(self) -> bool:
        """Somebody else has written it since."""
        return not same(self.wrote, self.holds) and not same(self.before, self.holds)


@dataclass(slots=True, kw_only=True)
class Finding:
    """One record that was written, and what becomes of it."""

    record: WrittenRecord
    fate: Fate
    fields: tuple[FieldNow, ...] = ()
    message: str = ""

    @property
    def changed(self) -> list[FieldNow]:
        return [one for one in self.fields if one.changed]


@dataclass(slots=True, kw_only=True)
class Undone:
    """What became of the write-backs and their records."""

    undone: int = 0
    left: int = 0
    findings: list[Finding] = field(default_factory=list)

    def count(self, fate: Fate) -> int:
        return sum(finding.fate is fate for finding in self.findings)


def look(
    *, write_backs: QuerySet[WriteBack], now: datetime, delete_created: bool = False
) -> list[Finding]:
    """Return what undoing would do; only reads from the org. Raises `OrgError`."""
    findings: list[Finding] = []
    for connection, batches in _by_connection(write_backs):
        with _asking(connection, now) as org:
            for records in batches:
                findings += _judged(org, records, delete_created=delete_created)
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
        write_backs=write_backs, now=now, user=user, delete_created=delete_created
    ):
        total.undone += part.undone
        total.left += part.left
        total.findings += part.findings
    return total


def undo_in_batches(
    *,
    write_backs: QuerySet[WriteBack],
    now: datetime,
    user: User | None = None,
    delete_created: bool = False,
) -> Iterator[Undone]:
    """Put back a run of any length; yield what became of each batch."""
    for connection, batches in _by_connection(write_backs):
        with _asking(connection, now) as org:
            for records in batches:
                found = _undone(org, connection, records, now, delete_created)
                undone = _settle(found, now, user)
                left = len({record.write_back_id for record in records}) - undone
                yield Undone(undone=undone, left=left, findings=found)


@contextmanager
def _asking(connection: Connection, now: datetime) -> Iterator[OrgClient]:
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
) -> Iterator[tuple[Connection, Iterator[list[WrittenRecord]]]]:
    """Yield each connection with the records of its write-backs, the newest answer
    first, so many at a time as are put back together."""
    path = "write_back__mapping__connection"
    newest_first = to_put_back(write_backs).order_by(*NEWEST_FIRST)
    keys: dict[int, dict[int, None]] = defaultdict(dict)
    for connection, row in newest_first.values_list(path, "write_back").iterator():
        keys[connection][row] = None
    for connection in Connection.objects.filter(pk__in=keys).order_by("pk"):
        yield connection, _batches(list(keys[connection.pk]))


def _batches(keys: list[int]) -> Iterator[list[WrittenRecord]]:
    for part in chunks(keys, BATCH):
        rows = WrittenRecord.objects.filter(write_back__in=part, undone_at=None)
        related = rows.select_related("write_back__mapping__connection")
        yield list(related.order_by(*NEWEST_FIRST))


# -- judging


def _judged(
    org: OrgClient, records: Sequence[WrittenRecord], *, delete_created: bool
) -> list[Finding]:
    """Judge each record, the newest first: what one puts back, the next one finds."""
    held = _held(org, records)
    findings = []
    for record in records:
        holds = held.get(record.record_id)
        finding = _judge(record, holds, delete_created=delete_created)
        if finding.fate is Fate.RESTORE and holds is not None:
            holds.update(record.previous or {})
        elif finding.fate is Fate.DELETE:
            held.pop(record.record_id, None)
        findings.append(finding)
    return findings


def _held(
    org: OrgClient, records: Iterable[WrittenRecord]
) -> dict[str, dict[str, Any]]:
    """Return what the org holds of these records, by id."""
    wanted: dict[str, tuple[set[str], set[str]]] = {}
    for record in records:
        ids, fields = wanted.setdefault(record.object, (set(), {"Id"}))
        ids.add(record.record_id)
        fields.update(record.fields)
    held: dict[str, dict[str, Any]] = {}
    for object_, (ids, fields) in wanted.items():
        if is_event(object_):
            continue
        held |= org.retrieve(object_, sorted(ids), sorted(fields))
    return held


def _judge(
    record: WrittenRecord, holds: Mapping[str, Any] | None, *, delete_created: bool
) -> Finding:
    if is_event(record.object):
        said = _("An event that was published cannot be taken back.")
        return Finding(record=record, fate=Fate.KEEP, message=said)
    if holds is None:
        return Finding(record=record, fate=Fate.GONE)
    before = record.previous or {}
    fields = tuple(
        FieldNow(
            name=name,
            # A record that we made held nothing of it.
            before=wrote if record.created else before.get(name),
            wrote=wrote,
            holds=holds.get(name),
        )
        for name, wrote in record.fields.items()
    )
    return Finding(
        record=record, fate=_fate(record, fields, delete_created), fields=fields
    )


def _fate(
    record: WrittenRecord, fields: Sequence[FieldNow], delete_created: bool
) -> Fate:
    if not record.created and record.previous is None:
        return Fate.UNKNOWN
    if record.created and not delete_created:
        return Fate.KEEP
    if any(one.changed for one in fields):
        return Fate.CHANGED
    if record.created:
        return Fate.DELETE
    if all(same(one.before, one.holds) for one in fields):
        return Fate.ALREADY
    return Fate.RESTORE


# -- doing


def _undone(
    org: OrgClient,
    connection: Connection,
    records: Sequence[WrittenRecord],
    now: datetime,
    delete_created: bool,
) -> list[Finding]:
    token = uuid.uuid4()
    places = {(record.object, record.record_id) for record in records}
    with transaction.atomic():
        mine = turns.take(connection=connection, places=places, token=token, now=now)
    try:
        free = [r for r in records if (r.object, r.record_id) in mine]
        findings = _judged(org, free, delete_created=delete_created)
        _restore(org, [f for f in findings if f.fate is Fate.RESTORE])
        _delete(org, [f for f in findings if f.fate is Fate.DELETE])
    finally:
        turns.give_back(token)
    busy = [r for r in records if (r.object, r.record_id) not in mine]
    return [*findings, *(Finding(record=r, fate=Fate.BUSY) for r in busy)]


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
        fields |= {name: before.get(name) for name in finding.record.fields}
    return fields


def _delete(org: OrgClient, findings: Sequence[Finding]) -> None:
    for part in chunks(findings, LARGEST):
        results = org.delete([finding.record.record_id for finding in part])
        for finding, result in zip(part, results, strict=True):
            _note([finding], result)


def _note(group: Sequence[Finding], result: RecordResult) -> None:
    if not result.success:
        for finding in group:
            finding.fate = Fate.REFUSED
            finding.message = result.errors[0].message


def _settle(findings: Sequence[Finding], now: datetime, user: User | None) -> int:
    """Keep what was put back; a row is undone when nothing of it is left."""
    by_row: dict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_row[finding.record.write_back_id].append(finding)
    with transaction.atomic():
        back = [f.record.pk for f in findings if f.fate in DONE]
        WrittenRecord.objects.filter(pk__in=back).update(undone_at=now)
        whole = [key for key, group in by_row.items() if _is_whole(group)]
        count = WriteBack.objects.filter(pk__in=whole, state__in=SETTLED).update(
            state=State.UNDONE,
            error_class="",
            error_code="",
            reason="",
            rule=None,
            settled_at=now,
        )
        Attempt.objects.bulk_create(
            _attempt(group, now, user) for group in by_row.values()
        )
        news.tell(whole, now=now)
    return count


def _is_whole(group: Sequence[Finding]) -> bool:
    return all(finding.fate in DONE for finding in group)


def _attempt(group: Sequence[Finding], now: datetime, user: User | None) -> Attempt:
    row = group[0].record.write_back
    return Attempt(
        write_back=row,
        number=row.attempts,
        at=now,
        outcome="undone" if _is_whole(group) else "undo_refused",
        message=" ".join(
            filter(None, [user.get_username() if user else "", *_told(group)])
        ),
    )


def _told(group: Sequence[Finding]) -> Iterator[str]:
    for finding in group:
        if finding.fate not in DONE:
            yield f"{finding.record.object} {finding.record.record_id}: {words(finding)}"


def words(finding: Finding) -> str:
    """Say in a sentence what undoing does to a record, or why it does nothing."""
    if finding.fate is Fate.CHANGED:
        names = ", ".join(one.name for one in finding.changed)
        return _("Changed since by somebody else: %(names)s. It is left as it is.") % {
            "names": names
        }
    if finding.fate is Fate.REFUSED:
        return _("Salesforce refused: %(message)s") % {"message": finding.message}
    return _words()[finding.fate]


def _words() -> dict[Fate, str]:
    return {
        Fate.RESTORE: _("The values before are written back."),
        Fate.DELETE: _("The record is deleted."),
        Fate.ALREADY: _("The values before are there already."),
        Fate.GONE: _("The record is gone."),
        Fate.KEEP: _(
            "Tellback made this record. It stays unless you agree to delete it."
        ),
        Fate.UNKNOWN: _("The values before are not known, so it is left as it is."),
        Fate.BUSY: _("It is being written at this moment. Try again in a few minutes."),
    }
