"""Owns undoing a whole run: looked at first, then put back by the workers piece by
piece, paused, resumed and cancelled; a worker that dies leaves it to the next."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm_mappings.delivery import budget
from crm_mappings.delivery.beginning import CannotBegin, check_span
from crm_mappings.delivery.undoing.acts import (
    asking,
    pieces,
    putting_back,
    settle,
    to_put_back,
)
from crm_mappings.delivery.undoing.judging import Fate, Finding, judged
from crm_mappings.models import (
    Backfill,
    Mapping,
    UndoFinding,
    UndoRun,
    WriteBack,
    WrittenRecord,
)
from crm_mappings.salesforce.client import OrgClient
from crm_mappings.salesforce.collections import LARGEST, LARGEST_RETRIEVE
from crm_mappings.salesforce.errors import OrgError
from deployments.doorbell import ring

PUT_BACK = "crm_mappings.tasks.put_back"
# Longer than a piece can take; a worker that died leaves its run to another after it.
LEASE = timedelta(minutes=10)
# So long an org that refuses is left alone.
TRY_AGAIN = timedelta(minutes=5)
# What a person must see, record by record.
SHOWN = frozenset({Fate.CHANGED, Fate.UNKNOWN, Fate.BUSY, Fate.REFUSED})
Status = UndoRun.Status


def look_over(
    *,
    mapping: Mapping,
    now: datetime,
    backfill: Backfill | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    user: User | None = None,
) -> UndoRun:
    """Let the workers see what undoing a run would do; nothing is changed by it.

    What is written from now on is no part of it. Raises `CannotBegin`.
    """
    run = UndoRun(
        mapping=mapping,
        backfill=backfill,
        since=since,
        until=min(until or now, now),
        due_at=now,
        created_at=now,
        created_by=user,
    )
    _check(run)
    run.total = records_of(run).count()
    if not run.total:
        raise CannotBegin(_("Nothing that was written in it is left to put back."))
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError as error:
        text = _("Another undo of this mapping is open. End or cancel it first.")
        raise CannotBegin(text, "mapping") from error
    ring(PUT_BACK)
    return run


def _check(run: UndoRun) -> None:
    check_span(run.since, run.until)
    if run.backfill is None:
        return
    if run.backfill.mapping_id != run.mapping_id:
        raise CannotBegin(_("It is a backfill of another mapping."), "backfill")
    if run.backfill.status == Backfill.Status.RUNNING:
        text = _("It is still running. Pause it, or wait for its end.")
        raise CannotBegin(text, "backfill")


def records_of(run: UndoRun) -> QuerySet[WrittenRecord]:
    """Return the records of a run that are not put back yet."""
    rows = WriteBack.objects.filter(mapping=run.mapping_id)
    if run.backfill_id is not None:
        rows = rows.filter(backfill=run.backfill_id)
    records = to_put_back(rows).filter(written_at__lt=run.until)
    return records if run.since is None else records.filter(written_at__gte=run.since)


def begin(*, run: UndoRun, delete_created: bool, now: datetime) -> bool:
    """Put back what was looked at; False: it does not wait for that."""
    with transaction.atomic():
        ready = UndoRun.objects.filter(pk=run.pk, status=Status.READY)
        begun = ready.update(
            status=Status.RUNNING,
            delete_created=delete_created,
            total=records_of(run).count(),
            position="",
            due_at=now,
        )
        if begun:
            # They are found again, as they are by then.
            run.findings.all().delete()
            ring(PUT_BACK)
    return begun == 1


def pause(*, run: UndoRun) -> bool:
    """Let it stand; the piece that is on the way is ended."""
    running = UndoRun.objects.filter(pk=run.pk, status=Status.RUNNING)
    return running.update(status=Status.PAUSED) == 1


def resume(*, run: UndoRun, now: datetime) -> bool:
    paused = UndoRun.objects.filter(pk=run.pk, status=Status.PAUSED)
    if not paused.update(status=Status.RUNNING):
        return False
    # Unless a worker still has a piece of it, nothing is to be waited for.
    UndoRun.objects.filter(pk=run.pk, lease_token=None).update(due_at=now)
    ring(PUT_BACK)
    return True


def cancel(*, run: UndoRun, now: datetime) -> bool:
    """End it where it is: what was put back stays so, the rest stays as written."""
    open_ = UndoRun.objects.filter(pk=run.pk, status__in=UndoRun.OPEN)
    return open_.update(status=Status.CANCELLED, ended_at=now) == 1


def progress(run: UndoRun) -> int:
    """Return how many records have been looked at, or done, whichever it is at."""
    is_looked_at = run.status in {Status.LOOKING, Status.READY}
    return sum((run.seen if is_looked_at else run.done).values())


# -- carried by the workers


def carry_on(*, clock: Callable[[], datetime], stop: Callable[[], bool]) -> bool:
    """Bring each run on; True: `stop` came before their end."""
    for run in _due(clock()):
        if stop():
            return True
        if _claim(run, clock()):
            _carry(run, clock, stop)
    return _due(clock()).exists()


def _due(now: datetime) -> QuerySet[UndoRun]:
    rows = UndoRun.objects.filter(
        status__in=[Status.LOOKING, Status.RUNNING], due_at__lte=now
    )
    return rows.select_related("mapping__connection", "created_by").order_by("pk")


def _claim(run: UndoRun, now: datetime) -> bool:
    mine = UndoRun.objects.filter(pk=run.pk, status=run.status, due_at=run.due_at)
    run.lease_token = uuid.uuid4()
    return mine.update(lease_token=run.lease_token, due_at=now + LEASE) == 1


def _carry(
    run: UndoRun, clock: Callable[[], datetime], stop: Callable[[], bool]
) -> None:
    is_looked_at = run.status == Status.LOOKING
    carry, most = (_look, LARGEST_RETRIEVE) if is_looked_at else (_put_back, LARGEST)
    connection = run.mapping.connection
    try:
        with asking(connection, clock()) as org:
            for part in pieces(records_of(run), most=most, after=run.position):
                priority = WriteBack.Priority.BACKFILL
                budget.check(connection=connection, org=org, priority=priority)
                if not carry(run, org, part, clock):
                    return
                if stop():
                    _let_go(run, due_at=clock())
                    return
    except OrgError as error:
        wait = max(TRY_AGAIN, timedelta(seconds=error.retry_after or 0))
        _let_go(run, due_at=clock() + wait, problem=error.refusal.message)
        return
    _end(run, clock())


def _look(
    run: UndoRun,
    org: OrgClient,
    part: Sequence[WrittenRecord],
    clock: Callable[[], datetime],
) -> bool:
    # Deleting is a choice that comes after: it is judged as if it were made.
    return _keep(run, part, judged(org, part, delete_created=True), clock())


def _put_back(
    run: UndoRun,
    org: OrgClient,
    part: Sequence[WrittenRecord],
    clock: Callable[[], datetime],
) -> bool:
    with (
        putting_back(
            org=org,
            connection=run.mapping.connection,
            records=part,
            now=clock(),
            delete_created=run.delete_created,
        ) as found,
        # A worker that dies has settled and counted a piece, or neither.
        transaction.atomic(),
    ):
        now = clock()
        settle(found, now=now, user=run.created_by)
        return _keep(run, part, found, now)


@transaction.atomic
def _keep(
    run: UndoRun,
    part: Sequence[WrittenRecord],
    found: Sequence[Finding],
    now: datetime,
) -> bool:
    """Keep what came of a piece; False: it is no longer ours to carry on."""
    rows = UndoRun.objects.select_for_update(of=("self",))
    row = rows.filter(pk=run.pk, lease_token=run.lease_token).first()
    if row is None:
        return False
    name = "seen" if run.status == Status.LOOKING else "done"
    counted = Counter(getattr(row, name)) + Counter(one.fate.value for one in found)
    setattr(row, name, dict(counted))
    run.position = row.position = part[-1].record_id
    row.problem = ""
    row.due_at = now + LEASE
    goes_on = row.status == run.status
    if not goes_on:
        row.lease_token, row.due_at = None, now
    row.save(update_fields=[name, "position", "problem", "due_at", "lease_token"])
    UndoFinding.objects.bulk_create(
        _kept(run, one) for one in found if one.fate in SHOWN
    )
    return goes_on


def _kept(run: UndoRun, finding: Finding) -> UndoFinding:
    return UndoFinding(
        run=run,
        write_back_id=finding.record.write_back_id,
        object=finding.record.object,
        record_id=finding.record.record_id,
        fate=finding.fate,
        names=[one.name for one in finding.changed],
        message=finding.message,
    )


def _mine(run: UndoRun) -> QuerySet[UndoRun]:
    return UndoRun.objects.filter(pk=run.pk, lease_token=run.lease_token)


def _let_go(run: UndoRun, *, due_at: datetime, problem: str = "") -> None:
    _mine(run).update(lease_token=None, due_at=due_at, problem=problem)


def _end(run: UndoRun, now: datetime) -> None:
    mine = _mine(run).filter(status=run.status)
    if run.status == Status.LOOKING:
        mine.update(status=Status.READY, problem="")
    else:
        mine.update(status=Status.DONE, problem="", ended_at=now)
    _let_go(run, due_at=now)
