"""Owns a run: claimed by one worker with a lease, written part by part, finished by its
manifest. One that breaks anywhere goes on behind its last finished part.

Each part has the lease in its name: what a worker that came back late still puts there
is in no manifest, and is swept away at the end.
"""

from __future__ import annotations

import io
import logging
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from deployments.doorbell import ring
from deployments.encryption import UnreadableSecret
from responses.dump.positions import number_all
from responses.scheduled import manifest, parts, timing
from responses.scheduled.models import DumpRun, ScheduledDump
from responses.scheduled.places import Place, PlaceProblem, open_place
from surveys.models import Survey
from surveys.sharing import seen_by

log = logging.getLogger(__name__)

TASK = "responses.scheduled.tasks.dump"
# Longer than the longest part takes, on its way through a slow line too.
LEASE = timedelta(minutes=10)
# A worker hands over after this, so that it is never killed in the middle.
LONGEST = 60.0
State = DumpRun.State
OPEN = DumpRun.OPEN
Clock = Callable[[], datetime]


class TakenOver(Exception):
    """The lease is over, and somebody else goes on with the run."""


def begin_due(*, now: datetime) -> int:
    """Make a run of every dump that is due; return how many."""
    due = ScheduledDump.objects.filter(is_active=True, next_at__lte=now)
    return sum(_begin(dump, now) for dump in due.defer("secret").order_by("pk"))


def _begin(dump: ScheduledDump, now: datetime) -> bool:
    mine = ScheduledDump.objects.filter(pk=dump.pk, next_at=dump.next_at)
    with transaction.atomic():
        if not mine.update(next_at=dump.moment_after(now)):
            return False
        return ask(dump, now=now) is not None


def ask(dump: ScheduledDump, *, now: datetime, by: str = "") -> DumpRun | None:
    """Make a run and ring; None: one is open already, and goes on."""
    try:
        with transaction.atomic():
            run = DumpRun.objects.create(
                dump=dump, asked_by=by, asked_at=now, due_at=now
            )
    except IntegrityError:
        open_ones = DumpRun.objects.filter(dump=dump, state=State.WAITING)
        open_ones.update(due_at=now)
        ring(TASK)
        return None
    ring(TASK)
    return run


def work(*, clock: Clock, limits: parts.Limits | None = None) -> bool:
    """Go on with one run that is due; False: there is none."""
    run = claim(now=clock())
    if run is None:
        return False
    _go_on(run, clock, limits or parts.Limits())
    return True


def finish_here(run: DumpRun, *, clock: Clock) -> DumpRun:
    """Carry the run out in this process, if it is due; return how it stands."""
    while (mine := claim(now=clock(), pk=run.pk)) is not None:
        _go_on(mine, clock, parts.Limits())
    return DumpRun.objects.get(pk=run.pk)


def claim(*, now: datetime, pk: int | None = None) -> DumpRun | None:
    """Take the run that has been due longest, or this one."""
    due = DumpRun.objects.filter(state__in=OPEN, due_at__lte=now)
    found = due if pk is None else due.filter(pk=pk)
    for key in found.order_by("due_at", "pk").values_list("pk", flat=True)[:10]:
        token = uuid.uuid4()
        taken = due.filter(pk=key).update(
            state=State.RUNNING,
            lease_token=token,
            due_at=now + LEASE,
            tries=F("tries") + 1,
        )
        if taken:
            rows = DumpRun.objects.select_related("dump__survey", "dump__made_by")
            # Its secret is read where one that cannot be is a failure of this run.
            return rows.defer("dump__secret").get(pk=key)
    return None


def _go_on(run: DumpRun, clock: Clock, limits: parts.Limits) -> None:
    until = time.monotonic() + LONGEST
    try:
        _carry_out(run, clock, limits, until)
    except TakenOver:
        log.warning("The run %s of a dump was taken over.", run.pk)
    except (PlaceProblem, UnreadableSecret) as error:
        _fail(run, str(error), now=clock())
    except Exception as error:
        log.exception("The run %s of a dump broke.", run.pk)
        text = _("It broke: %s. The log of the workers says where.")
        _fail(run, text % type(error).__name__, now=clock())


def _carry_out(run: DumpRun, clock: Clock, limits: parts.Limits, until: float) -> None:
    _check_rights(run.dump)
    if run.until is None:
        _start(run, clock())
    place = open_place(run.dump)
    try:
        while _add_part(run, place, clock, limits):
            if time.monotonic() >= until:
                _settle(run, state=State.WAITING, due_at=clock(), tries=0)
                ring(TASK)
                return
        _finish(run, place, clock())
    finally:
        place.close()


def _check_rights(dump: ScheduledDump) -> None:
    """Whoever made it must still be there, and see the survey. Raises."""
    if not dump.made_by_person:
        return
    person = dump.made_by
    if person is None or not person.is_active:
        raise PlaceProblem(
            _("Whoever looked after this dump is gone. Save it again to take it over.")
        )
    user = get_user_model().objects.get(pk=person.pk)
    found = seen_by(user, Survey.objects.filter(pk=dump.survey_id))
    if not (user.has_perm("responses.view_response") and found.exists()):
        text = _("%(person)s, who looks after this dump, may not see its responses.")
        raise PlaceProblem(text % {"person": user.get_username()})


def _start(run: DumpRun, now: datetime) -> None:
    """Say what the run is of: from the dump before, up to what there is now."""
    after = 0
    if run.dump.reach == ScheduledDump.Reach.NEW:
        done = DumpRun.objects.filter(dump=run.dump, state=State.DONE)
        after = done.order_by("-pk").values_list("until", flat=True).first() or 0
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    run.after = run.reached = after
    run.until = number_all()
    run.started_at = now
    run.name = f"{run.dump.key}/{stamp}-{run.pk}"
    _keep(run, "after", "reached", "until", "started_at", "name")


def _add_part(run: DumpRun, place: Place, clock: Clock, limits: parts.Limits) -> bool:
    """Write the next file and put it there; False: nothing is left."""
    assert run.until is not None  # noqa: S101 - _start ran
    if run.reached >= run.until:
        return False
    with parts.written(
        run.dump, after=run.reached, until=run.until, limits=limits
    ) as file:
        if not file.rows:
            return False
        lease = str(run.lease_token)[:8]
        name = f"part-{len(run.parts) + 1:05d}-{lease}.{run.dump.suffix}"
        place.put(f"{run.name}/{name}", file.content)
        run.parts = [*run.parts, parts.told(name, file, run.reached)]
        run.reached, run.rows = file.last, run.rows + file.rows
        run.size, run.tries = run.size + file.size, 0
    run.due_at = clock() + LEASE
    _keep(run, "parts", "reached", "rows", "size", "tries", "due_at")
    return True


def _finish(run: DumpRun, place: Place, now: datetime) -> None:
    _sweep(run, place)
    content = manifest.content(run, now=now)
    place.put(f"{run.name}/{manifest.NAME}", io.BytesIO(content))
    run.size += len(content)
    _keep(run, "size")
    _settle(run, state=State.DONE, due_at=now, finished_at=now, problem="")
    ScheduledDump.objects.filter(pk=run.dump_id).update(problem="", failing_since=None)
    _prune(run.dump, place, now)


def _sweep(run: DumpRun, place: Place) -> None:
    """Delete what a worker that was too late, or an earlier try, has left there."""
    ours = {part["name"] for part in run.parts}
    for name in place.names(run.name):
        if name not in ours:
            place.delete(f"{run.name}/{name}")


def _prune(dump: ScheduledDump, place: Place, now: datetime) -> None:
    """Delete there what is older than the dumps to keep; a failure waits for the next."""
    if not dump.keep:
        return
    done = DumpRun.objects.filter(dump=dump, state=State.DONE).order_by("-pk")
    try:
        for old in done[dump.keep : dump.keep + 100]:
            if old.removed_at is None:
                remove(old, place, now=now)
    except PlaceProblem as error:
        text = _("Older dumps could not be deleted: %s") % error
        ScheduledDump.objects.filter(pk=dump.pk).update(problem=text)


def remove(run: DumpRun, place: Place, *, now: datetime) -> None:
    """Delete the files of a run, its manifest first: then it is none any more."""
    found = place.names(run.name)
    for name in sorted(found, key=lambda name: name != manifest.NAME):
        place.delete(f"{run.name}/{name}")
    place.leave(run.name)
    DumpRun.objects.filter(pk=run.pk).update(removed_at=now)


def _fail(run: DumpRun, problem: str, *, now: datetime) -> None:
    due = timing.next_try(tries=run.tries, now=now)
    state = State.WAITING if due else State.FAILED
    try:
        with transaction.atomic():
            _settle(
                run,
                state=state,
                due_at=due or now,
                problem=problem,
                finished_at=None if due else now,
            )
            dumps = ScheduledDump.objects.filter(pk=run.dump_id)
            dumps.update(problem=problem)
            dumps.filter(failing_since=None).update(failing_since=now)
    except TakenOver:
        return
    if due is None:
        _clean_up(run, now)


def _clean_up(run: DumpRun, now: datetime) -> None:
    """A run that was given up leaves nothing behind, where that can be had."""
    if not run.name:
        return
    try:
        place = open_place(run.dump)
        try:
            remove(run, place, now=now)
        finally:
            place.close()
    except (PlaceProblem, UnreadableSecret) as error:
        log.warning("What the run %s left could not be deleted: %s", run.pk, error)


def _keep(run: DumpRun, *names: str) -> None:
    """Store these, if the run is still ours. Raises `TakenOver`."""
    values = {name: getattr(run, name) for name in names}
    if not DumpRun.objects.filter(_mine(run)).update(**values):
        raise TakenOver


def _settle(run: DumpRun, *, state: State, **values: object) -> None:
    found = DumpRun.objects.filter(_mine(run))
    if not found.update(state=state, lease_token=None, **values):
        raise TakenOver


def _mine(run: DumpRun) -> Q:
    return Q(pk=run.pk, lease_token=run.lease_token, state=State.RUNNING)
