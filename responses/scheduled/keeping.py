"""What people and systems do with a scheduled dump beside saving it: ask for one now,
try its place, take it over."""

from __future__ import annotations

from datetime import datetime

from deployments.encryption import UnreadableSecret
from responses.scheduled import running
from responses.scheduled.models import DumpRun, ScheduledDump
from responses.scheduled.places import PlaceProblem, open_place


def dump_now(*, dump: ScheduledDump, by: str, now: datetime) -> DumpRun:
    """Ask for a run; the open one, where there is one, is tried at once."""
    asked = running.ask(dump, now=now, by=by[:150])
    return asked or DumpRun.objects.filter(dump=dump).latest("pk")


def try_place(*, dump: ScheduledDump) -> str:
    """Write a small file there and delete it; return what is wrong, or nothing."""
    try:
        place = open_place(dump)
        try:
            place.try_out()
        finally:
            place.close()
    except (PlaceProblem, UnreadableSecret) as error:
        return str(error)
    return ""


def plan(*, dump: ScheduledDump, now: datetime) -> None:
    """Say when it is due next, after what it is has changed."""
    dump.next_at = dump.moment_after(now)
    ScheduledDump.objects.filter(pk=dump.pk).update(next_at=dump.next_at)
