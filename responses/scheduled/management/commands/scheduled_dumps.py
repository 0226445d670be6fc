"""`manage.py scheduled_dumps`: what there is; `run KEY` and `try KEY` do it here."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from responses.scheduled import keeping, running
from responses.scheduled.models import DumpRun, ScheduledDump


class Command(BaseCommand):
    help = "Lists scheduled dumps, runs one here and now, or tries its place."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "act", nargs="?", default="list", choices=["list", "run", "try"]
        )
        parser.add_argument("key", nargs="?", default="", help="which dump")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "list":
            for one in ScheduledDump.objects.order_by("key"):
                self.stdout.write(f"{one.key}\t{_state(one)}")
            return
        found = ScheduledDump.objects.filter(key=options["key"])
        if (dump := found.first()) is None:
            raise CommandError(f"There is no scheduled dump “{options['key']}”.")
        if options["act"] == "try":
            if problem := keeping.try_place(dump=dump):
                raise CommandError(problem)
            self.stdout.write("It can be written to.")
            return
        self._run(dump)

    def _run(self, dump: ScheduledDump) -> None:
        asked = keeping.dump_now(dump=dump, by="manage.py", now=timezone.now())
        run = running.finish_here(asked, clock=timezone.now)
        if run.state != DumpRun.State.DONE:
            raise CommandError(run.problem or "Another worker has it in hand.")
        self.stdout.write(f"{run.rows} rows in {len(run.parts)} files: {run.name}")


def _state(dump: ScheduledDump) -> str:
    if dump.problem:
        return dump.problem
    return f"next {dump.next_at:%Y-%m-%d %H:%M} UTC" if dump.next_at else "when asked"
