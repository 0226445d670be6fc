"""Owns the runs of comparing what we say we wrote with what the org holds: on demand
and by night, in parts that go on where one ended; and the repair, by choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Q, QuerySet

from crm_mappings import connections
from crm_mappings.delivery import budget
from crm_mappings.delivery.beginning import check_span
from crm_mappings.delivery.differences import Kind, differences
from crm_mappings.models import (
    Attempt,
    Connection,
    Reconciliation,
    ReconciliationFinding,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.nights import next_night
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import LARGEST_RETRIEVE, chunks
from crm_mappings.salesforce.errors import OrgError
from deployments.doorbell import ring

DELIVER = "crm_mappings.tasks.deliver"
WATCH = "crm_mappings.tasks.watch_write_backs"
NIGHT_OF = timedelta(days=3)
WEEK = timedelta(days=7)
TRY_AGAIN = timedelta(hours=1)
# A worker that died leaves its run to another after this.
LEASE = timedelta(minutes=5)
# What was found is kept for so long.
KEPT = timedelta(days=90)
REPAIRABLE = frozenset({Kind.MISSING, Kind.CHANGED})
# So many findings are put right in one transaction.
PIECE = 1000


def never() -> bool:
    return False


def begin(
    *,
    connection: Connection,
    since: datetime,
    now: datetime,
    until: datetime | None = None,
) -> Reconciliation:
    """Begin a run that the workers carry on. Raises `CannotBegin`."""
    until = until or now
    check_span(since, until)
    run = Reconciliation.objects.create(
        connection=connection, since=since, until=until, started_at=now
    )
    ring(WATCH)
    return run


def reconcile(
    *,
    connection: Connection,
    since: datetime,
    until: datetime,
    clock: Callable[[], datetime],
) -> Reconciliation:
    """Compare what was written in a span with what the org holds; keep the result."""
    now = clock()
    run = Reconciliation.objects.create(
        connection=connection,
        since=since,
        until=until,
        started_at=now,
        carried_at=now,
    )
    return carry_on(run=run, clock=clock)


def carry_on(
    *,
    run: Reconciliation,
    clock: Callable[[], datetime],
    stop: Callable[[], bool] = never,
    batch: int = LARGEST_RETRIEVE,
) -> Reconciliation:
    """Compare until all is compared, or `stop` says so; an org that refuses ends it.
    One that another worker has brought on meanwhile is left to that one."""
    org = None
    try:
        org = connections.client(run.connection)
        for records in _batches(run, batch):
            if not _compare(run, org, records, clock) or stop():
                break
        else:
            run.ended_at = clock()
    except OrgError as error:
        run.problem, run.ended_at = error.refusal.message, clock()
    finally:
        if org is not None:
            budget.note(connection=run.connection, org=org, now=clock())
            org.close()
    _where_it_was(run).update(
        ended_at=run.ended_at, problem=run.problem, carried_at=None
    )
    return run


def _where_it_was(run: Reconciliation) -> QuerySet[Reconciliation]:
    """The run, unless another worker has brought it on."""
    return Reconciliation.objects.filter(pk=run.pk, position=run.position)


def _compare(
    run: Reconciliation,
    org: OrgClient,
    records: list[WrittenRecord],
    clock: Callable[[], datetime],
) -> bool:
    """Compare one batch and keep what came of it; False: another worker has."""
    backfill = WriteBack.Priority.BACKFILL
    budget.check(connection=run.connection, org=org, priority=backfill)
    found = list(differences(org, records))
    with transaction.atomic():
        if not _where_it_was(run).update(carried_at=clock()):
            return False
        _keep(run, found)
        run.checked += len(records)
        run.position = records[-1].pk
        run.save(
            update_fields=["checked", "missing", "changed", "duplicate", "position"]
        )
    return True


def _keep(run: Reconciliation, found: Sequence[ReconciliationFinding]) -> None:
    for one in found:
        one.reconciliation = run
    ReconciliationFinding.objects.bulk_create(found)
    kinds = Counter(one.kind for one in found)
    run.missing += kinds[Kind.MISSING]
    run.changed += kinds[Kind.CHANGED]
    run.duplicate += kinds[Kind.DUPLICATE]


def _batches(run: Reconciliation, most: int) -> Iterator[list[WrittenRecord]]:
    rows = WrittenRecord.objects.filter(
        write_back__mapping__connection=run.connection,
        written_at__gte=run.since,
        written_at__lt=run.until,
        undone_at=None,
        erasing="",
    ).exclude(fields={})
    related = ("write_back__response", "write_back__mapping", "write_back__revision")
    while True:
        part = rows.filter(pk__gt=run.position).order_by("pk").select_related(*related)
        found = list(part[:most])
        if not found:
            return
        yield found


def reconcile_nightly(*, now: datetime, stop: Callable[[], bool] = never) -> int:
    """Carry on what is under way, then begin what is due this night; return how many
    runs were worked on."""
    Reconciliation.objects.filter(started_at__lt=now - KEPT).delete()
    worked = 0
    for run in _under_way(now):
        if stop():
            return worked
        worked += _carry(run, now, stop)
    for connection in _due(now):
        if stop():
            return worked
        mine = Connection.objects.filter(
            pk=connection.pk, reconcile_due_at=connection.reconcile_due_at
        )
        # Claimed by moving the date, so that of two workers one does it.
        if mine.update(reconcile_due_at=next_night(now)):
            run = Reconciliation.objects.create(
                connection=connection, since=now - NIGHT_OF, until=now, started_at=now
            )
            worked += _carry(run, now, stop)
            if run.problem:
                due = now + TRY_AGAIN
                Connection.objects.filter(pk=connection.pk).update(reconcile_due_at=due)
    return worked


def _under_way(now: datetime) -> list[Reconciliation]:
    left = Q(carried_at=None) | Q(carried_at__lte=now - LEASE)
    rows = Reconciliation.objects.filter(left, ended_at=None)
    return list(rows.select_related("connection").order_by("pk"))


def _due(now: datetime) -> list[Connection]:
    due = Q(reconcile_due_at=None) | Q(reconcile_due_at__lte=now)
    rows = Connection.objects.filter(due, status=Connection.Status.CONNECTED)
    return list(rows.order_by("pk"))


def _carry(run: Reconciliation, now: datetime, stop: Callable[[], bool]) -> bool:
    mine = Reconciliation.objects.filter(pk=run.pk, carried_at=run.carried_at)
    if not mine.update(carried_at=now):
        return False
    carry_on(run=run, clock=lambda: now, stop=stop)
    return True


def repair(
    *,
    reconciliation: Reconciliation,
    kinds: Iterable[str] = REPAIRABLE,
    among: QuerySet[ReconciliationFinding] | None = None,
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None = None,
) -> int:
    """Write again what is missing or was changed; return how many write-backs.

    `among` are the findings to choose from; None takes all. Duplicates are left to a
    person: only people can tell which one to keep.
    """
    found = reconciliation.findings.all() if among is None else among
    rows = found.filter(kind__in=set(kinds) & REPAIRABLE, repaired_at=None)
    keys = sorted(set(rows.values_list("write_back_id", flat=True)))
    parts = (rows.filter(write_back__in=part) for part in chunks(keys, PIECE))
    count = sum(_repair(part, now, user) for part in parts)
    if count:
        ring(DELIVER)
    return count


@transaction.atomic
def _repair(
    asked: QuerySet[ReconciliationFinding],
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None,
) -> int:
    findings = list(asked.select_for_update(of=("self",)))
    rows = list(
        WriteBack.objects.filter(
            pk__in={one.write_back_id for one in findings},
            state=WriteBack.State.WRITTEN,
        ).select_for_update(of=("self",))
    )
    ours = {row.pk for row in rows}
    again = [one for one in findings if one.write_back_id in ours]
    _forget_written({(one.write_back_id, one.record_id) for one in again})
    ReconciliationFinding.objects.filter(pk__in=[one.pk for one in again]).update(
        repaired_at=now
    )
    _send_again(rows, now, user)
    return len(rows)


def _forget_written(places: Collection[tuple[int, str]]) -> None:
    """Let what is told of these records be written anew."""
    told = WrittenRecord.objects.filter(write_back__in={key for key, _id in places})
    known = told.values_list("pk", "write_back_id", "record_id")
    gone = [pk for pk, key, record in known if (key, record) in places]
    WrittenRecord.objects.filter(pk__in=gone).delete()


def _send_again(
    rows: list[WriteBack],
    now: datetime,
    user: AbstractBaseUser | AnonymousUser | None,
) -> None:
    Attempt.objects.bulk_create(
        Attempt(
            write_back=row,
            number=row.attempts,
            at=now,
            outcome="repaired",
            message=user.get_username() if user else "",
        )
        for row in rows
    )
    WriteBack.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=WriteBack.State.WAITING,
        attempts=0,
        due_at=now,
        settled_at=None,
        before={},
    )
