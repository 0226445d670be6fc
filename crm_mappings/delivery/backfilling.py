"""Owns backfills: a mapping carried out over responses that were completed before it,
counted first, put into the outbox piece by piece, paused and resumed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from crm_mappings.delivery.beginning import CannotBegin, check_span
from crm_mappings.models import Backfill, Mapping, WriteBack
from deployments.doorbell import ring
from responses.models import Response

DELIVER = "crm_mappings.tasks.deliver"
# So much of a backfill stands in the outbox at a time.
PIECE = 5_000
MOST_WAITING = 20_000
State = WriteBack.State
Status = Backfill.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What a backfill would be about."""

    completed: int
    # Of these, not in the outbox of this mapping yet.
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a backfill is."""

    total: int
    written: int = 0
    held: int = 0
    skipped: int = 0
    undone: int = 0
    # In the outbox, or not even there.
    to_do: int = 0

    @property
    def done(self) -> int:
        return self.total - self.to_do


def missing(
    mapping: Mapping, since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Response]:
    """Return the responses that a backfill would write, oldest row first."""
    return _completed(mapping, since, until).exclude(write_backs__mapping=mapping)


def _completed(
    mapping: Mapping, since: datetime | None, until: datetime | None
) -> QuerySet[Response]:
    rows = (
        Response.objects.written_back()
        .filter(survey=mapping.survey_id, status=Response.Status.COMPLETED)
        .order_by("pk")
    )
    if since is not None:
        rows = rows.filter(completed_at__gte=since)
    return rows if until is None else rows.filter(completed_at__lt=until)


def count(
    *, mapping: Mapping, since: datetime | None = None, until: datetime | None = None
) -> Counted:
    """Say what a backfill would be about. Raises `CannotBegin`."""
    check_span(since, until)
    return Counted(
        completed=_completed(mapping, since, until).count(),
        missing=missing(mapping, since, until).count(),
    )


def start(
    *,
    mapping: Mapping,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    user: User | None = None,
) -> Backfill:
    """Begin a backfill; the workers carry it out. Raises `CannotBegin`."""
    if mapping.live_revision_id is None or mapping.status != Mapping.Status.ACTIVE:
        raise CannotBegin(_("Activate the mapping first."), "mapping")
    if mapping.backfills.exclude(status=Status.DONE).exists():
        text = _("A backfill of this mapping is under way already.")
        raise CannotBegin(text, "mapping")
    check_span(since, until)
    total = missing(mapping, since, until).count()
    if not total:
        raise CannotBegin(_("Every response is in the outbox of this mapping."))
    backfill = Backfill.objects.create(
        mapping=mapping,
        since=since,
        until=until,
        total=total,
        created_at=now,
        created_by=user,
    )
    ring(DELIVER)
    return backfill


def pause(*, backfill: Backfill) -> bool:
    """Let what waits of it wait; what is on the way arrives."""
    running = Backfill.objects.filter(pk=backfill.pk, status=Status.RUNNING)
    return running.update(status=Status.PAUSED) == 1


def resume(*, backfill: Backfill) -> bool:
    paused = Backfill.objects.filter(pk=backfill.pk, status=Status.PAUSED)
    resumed = paused.update(status=Status.RUNNING) == 1
    ring(DELIVER)
    return resumed


def feed(*, now: datetime) -> int:
    """Put the next piece of each running backfill into the outbox; end what is done."""
    put = 0
    for key in Backfill.objects.filter(status=Status.RUNNING).values_list("pk"):
        with transaction.atomic():
            rows = Backfill.objects.select_for_update(of=("self",))
            backfill = rows.filter(pk=key[0], status=Status.RUNNING).first()
            if backfill is not None:
                put += _feed(backfill, now)
    return put


def _feed(backfill: Backfill, now: datetime) -> int:
    waiting = backfill.write_backs.filter(state__in=[State.WAITING, State.SENDING])
    if backfill.complete:
        if not waiting.exists():
            backfill.status, backfill.ended_at = Status.DONE, now
            backfill.save(update_fields=["status", "ended_at"])
        return 0
    if waiting.count() >= MOST_WAITING:
        return 0
    if backfill.mapping.status != Mapping.Status.ACTIVE:
        return 0
    asked = missing(backfill.mapping, backfill.since, backfill.until)
    found = list(asked.filter(pk__gt=backfill.position)[:PIECE])
    WriteBack.objects.bulk_create(
        [_row(backfill, response, now) for response in found], ignore_conflicts=True
    )
    backfill.position = found[-1].pk if found else backfill.position
    backfill.complete = len(found) < PIECE
    backfill.save(update_fields=["position", "complete"])
    return len(found)


def _row(backfill: Backfill, response: Response, now: datetime) -> WriteBack:
    return WriteBack(
        response=response,
        mapping=backfill.mapping,
        revision=backfill.mapping.live_revision,
        priority=WriteBack.Priority.BACKFILL,
        backfill=backfill,
        due_at=now,
        created_at=now,
    )


def progress(backfill: Backfill) -> Progress:
    counted = backfill.write_backs.values_list("state").annotate(count=Count("pk"))
    by_state = dict(counted.order_by())
    ended = {
        name: by_state.get(name, 0)
        for name in (State.WRITTEN, State.HELD, State.SKIPPED, State.UNDONE)
    }
    waiting = by_state.get(State.WAITING, 0) + by_state.get(State.SENDING, 0)
    # Some may have been answered, or erased, since it was counted.
    in_outbox = sum(ended.values()) + waiting
    total = in_outbox if backfill.complete else max(backfill.total, in_outbox)
    return Progress(
        total=total,
        written=ended[State.WRITTEN],
        held=ended[State.HELD],
        skipped=ended[State.SKIPPED],
        undone=ended[State.UNDONE],
        to_do=total - sum(ended.values()),
    )
