"""Look at the outbox, empty it now, or give what is held a second chance."""

from __future__ import annotations

from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, QuerySet
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from crm_mappings import delivery
from crm_mappings.models import Mapping, WriteBack
from crm_mappings.salesforce.errors import words


class Command(BaseCommand):
    help = "Look at the write-backs (status), send what is due (drain), or send again."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("status", help="How many there are, by state and error.")
        acts.add_parser("drain", help="Send everything that is due, here and now.")
        retry = acts.add_parser("retry", help="Send held ones again.")
        retry.add_argument("ids", nargs="*", type=int, help="Ids; without: all held.")
        retry.add_argument("--mapping", help="Only those of the mapping with this key.")
        retry.add_argument("--error", help="Only those with this error code.")

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.ending = ""  # the table ends its own lines
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        if options["act"] == "status":
            console.print(status())
        elif options["act"] == "drain":
            drain(console)
        else:
            count = delivery.send_again(write_backs=chosen(options), now=timezone.now())
            console.print(f"{count} write-backs are sent again.")


def status() -> Table:
    made = Table("State", "Kind of error", "Code", "Write-backs", "What to do")
    rows = (
        WriteBack.objects.values("state", "error_class", "error_code")
        .annotate(count=Count("pk"))
        .order_by("state", "-count")
    )
    for row in rows:
        known = words(row["error_class"])
        made.add_row(
            row["state"],
            known.title if known else "",
            row["error_code"],
            str(row["count"]),
            known.todo if known else "",
        )
    return made


def drain(console: Console) -> None:
    """Send batches until nothing is due, and say what came of it."""
    total = delivery.Delivered()
    due = delivery.due(timezone.now()).count()
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=due)
        while True:
            done = delivery.deliver_due(now=timezone.now(), clock=timezone.now)
            if not done.claimed:
                break
            total += done
            progress.update(bar, advance=done.claimed, total=max(due, total.claimed))
    console.print(
        f"{total.claimed} taken: {total.written} written, {total.held} held, "
        f"{total.skipped} skipped, {total.waiting} to be tried again."
    )


def chosen(options: dict[str, Any]) -> QuerySet[WriteBack]:
    rows = WriteBack.objects.filter(state=WriteBack.State.HELD)
    if options["mapping"]:
        if not Mapping.objects.filter(key=options["mapping"]).exists():
            raise CommandError(f"There is no mapping {options['mapping']!r}.")
        rows = rows.filter(mapping__key=options["mapping"])
    if options["error"]:
        rows = rows.filter(error_code=options["error"])
    return rows.filter(pk__in=options["ids"]) if options["ids"] else rows
