"""Look at the outbox, empty it now, send again, give up, put back, write earlier
responses, or compare with what Salesforce holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

from crm_mappings import delivery
from crm_mappings.delivery import backfilling, reconciling, undoing
from crm_mappings.delivery.beginning import CannotBegin
from crm_mappings.models import (
    Backfill,
    Connection,
    Mapping,
    Reconciliation,
    WriteBack,
)
from crm_mappings.salesforce.errors import OrgError, words

State = WriteBack.State
MOST_SHOWN = 20


class Command(BaseCommand):
    help = "Look at the write-backs and act on them; see --help of each act."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("status", help="How many there are, by state and error.")
        acts.add_parser("drain", help="Send everything that is due, here and now.")
        retry = acts.add_parser("retry", help="Send held ones again.")
        _choose(retry)
        give_up = acts.add_parser("give-up", help="Take held ones off the list.")
        _choose(give_up)
        give_up.add_argument("--reason", required=True, help="Why; it is kept.")
        self._undo_arguments(acts)
        self._backfill_arguments(acts)
        compare = acts.add_parser("reconcile", help="Compare with what the org holds.")
        compare.add_argument("--connection", help="Only this one, by its key.")
        compare.add_argument("--days", type=int, default=7, help="Of the last days.")
        compare.add_argument("--since", type=moment, help="Written since then.")
        compare.add_argument("--until", type=moment, help="Written before then.")
        compare.add_argument(
            "--repair",
            choices=["missing", "changed"],
            action="append",
            default=[],
            help="Write these again.",
        )

    def _undo_arguments(self, acts: Any) -> None:
        undo = acts.add_parser("undo", help="Put back what was written.")
        undo.add_argument("ids", nargs="*", type=int, help="Ids of write-backs.")
        undo.add_argument("--backfill", type=int, help="All of this backfill.")
        undo.add_argument("--mapping", help="All of the mapping with this key.")
        undo.add_argument("--since", type=moment, help="Written since then.")
        undo.add_argument("--delete-created", action="store_true")
        undo.add_argument("--dry-run", action="store_true", help="Only show.")

    def _backfill_arguments(self, acts: Any) -> None:
        backfill = acts.add_parser("backfill", help="Write earlier responses.")
        backfill.add_argument("mapping", help="The key of the mapping.")
        backfill.add_argument("--since", type=moment, help="Completed since then.")
        backfill.add_argument("--until", type=moment, help="Completed before then.")
        backfill.add_argument("--dry-run", action="store_true", help="Only count.")
        backfill.add_argument("--pause", action="store_true")
        backfill.add_argument("--resume", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.ending = ""  # the table ends its own lines
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        acts: dict[str, Callable[[Console, dict[str, Any]], None]] = {
            "status": lambda screen, _options: screen.print(status()),
            "drain": lambda screen, _options: drain(screen),
            "retry": retry,
            "give-up": give_up,
            "undo": undo,
            "backfill": backfill,
            "reconcile": reconcile,
        }
        try:
            acts[options["act"]](console, options)
        except OrgError as error:
            raise CommandError(error.refusal.message) from error


def _choose(parser: Any) -> None:
    parser.add_argument("ids", nargs="*", type=int, help="Ids; without: all held.")
    parser.add_argument("--mapping", help="Only those of the mapping with this key.")
    parser.add_argument("--error", help="Only those with this error code.")


def moment(text: str) -> datetime:
    """Read a day or a moment; a day begins at midnight, UTC unless it says."""
    day = parse_date(text)
    found = (
        parse_datetime(text)
        if day is None
        else datetime.combine(day, datetime.min.time())
    )
    if found is None:
        raise ValueError(text)
    return found if timezone.is_aware(found) else timezone.make_aware(found)


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


def bar(console: Console) -> Progress:
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console)


def drain(console: Console) -> None:
    """Send batches until nothing is due, and say what came of it."""
    total = delivery.Delivered()
    due = delivery.due(timezone.now()).count()
    with bar(console) as progress:
        task = progress.add_task("", total=due)
        while True:
            done = delivery.deliver_due(now=timezone.now(), clock=timezone.now)
            if not done.claimed:
                break
            total += done
            progress.update(task, advance=done.claimed, total=max(due, total.claimed))
    console.print(
        f"{total.claimed} taken: {total.written} written, {total.held} held, "
        f"{total.skipped} skipped, {total.waiting} to be tried again."
    )


def chosen(options: dict[str, Any]) -> QuerySet[WriteBack]:
    rows = WriteBack.objects.filter(state=State.HELD)
    if options["mapping"]:
        rows = rows.filter(mapping=mapping(options["mapping"]))
    if options["error"]:
        rows = rows.filter(error_code=options["error"])
    return rows.filter(pk__in=options["ids"]) if options["ids"] else rows


def mapping(key: str) -> Mapping:
    found = Mapping.objects.filter(key=key).first()
    if found is None:
        raise CommandError(f"There is no mapping {key!r}.")
    return found


def retry(console: Console, options: dict[str, Any]) -> None:
    count = delivery.send_again(write_backs=chosen(options), now=timezone.now())
    console.print(f"{count} write-backs are sent again.")


def give_up(console: Console, options: dict[str, Any]) -> None:
    count = delivery.give_up(
        write_backs=chosen(options), reason=options["reason"], now=timezone.now()
    )
    console.print(f"{count} write-backs are given up.")


# -- putting back


def undo(console: Console, options: dict[str, Any]) -> None:
    rows, consent = to_undo(options), options["delete_created"]
    if options["dry_run"]:
        findings = delivery.look(
            write_backs=rows, now=timezone.now(), delete_created=consent
        )
        console.print(undone_table(findings))
        return
    records = undoing.to_put_back(rows)
    total = records.values("write_back").distinct().count()
    undone = 0
    kept: list[undoing.Finding] = []
    with bar(console) as progress:
        task = progress.add_task("", total=records.count())
        for part in undoing.undo_in_batches(
            write_backs=rows, clock=timezone.now, delete_created=consent
        ):
            undone += part.undone
            kept += [one for one in part.findings if one.fate not in undoing.DONE]
            progress.update(task, advance=len(part.findings))
    if kept:
        console.print(undone_table(kept))
    console.print(f"{undone} write-backs are put back, {total - undone} are left.")


def to_undo(options: dict[str, Any]) -> QuerySet[WriteBack]:
    rows = WriteBack.objects.all()
    if options["ids"]:
        rows = rows.filter(pk__in=options["ids"])
    elif options["backfill"]:
        rows = rows.filter(backfill=options["backfill"])
    elif options["mapping"] and options["since"]:
        rows = rows.filter(mapping=mapping(options["mapping"]))
    else:
        raise CommandError(
            "Say what to put back: ids, --backfill, or --mapping with --since."
        )
    if options["since"]:
        rows = rows.filter(settled_at__gte=options["since"])
    return rows


def undone_table(findings: list[undoing.Finding]) -> Table:
    made = Table("Record", "What happens", "Fields: before / written / now")
    for finding in findings[:MOST_SHOWN]:
        record = finding.record
        fields = "\n".join(
            f"{one.name}: {one.before!r} / {one.wrote!r} / {one.holds!r}"
            for one in finding.fields
        )
        made.add_row(
            f"{record.object} {record.record_id}", undoing.words(finding), fields
        )
    if len(findings) > MOST_SHOWN:
        made.add_row(f"… and {len(findings) - MOST_SHOWN} more", "", "")
    return made


# -- earlier responses


def backfill(console: Console, options: dict[str, Any]) -> None:
    chosen_mapping = mapping(options["mapping"])
    open_ = chosen_mapping.backfills.exclude(status=Backfill.Status.DONE).first()
    if options["pause"] or options["resume"]:
        if open_ is None:
            raise CommandError("No backfill of this mapping is under way.")
        act = backfilling.pause if options["pause"] else backfilling.resume
        act(backfill=open_)
        console.print("Paused." if options["pause"] else "It goes on.")
        return
    dates = {"since": options["since"], "until": options["until"]}
    try:
        counted = backfilling.count(mapping=chosen_mapping, **dates)
        console.print(
            f"{counted.completed} completed responses, {counted.missing} of them not "
            "in the outbox of this mapping."
        )
        if options["dry_run"]:
            return
        if open_ is None:
            open_ = backfilling.start(
                mapping=chosen_mapping, now=timezone.now(), **dates
            )
    except CannotBegin as error:
        raise CommandError(str(error)) from error
    carry(console, open_)


def carry(console: Console, run: Backfill) -> None:
    """Carry a backfill to its end here, beside the workers."""
    with bar(console) as progress:
        task = progress.add_task("", total=run.total)
        while True:
            delivery.feed(now=timezone.now())
            delivery.deliver_in_bulk(now=timezone.now(), clock=timezone.now)
            done = delivery.deliver_due(now=timezone.now(), clock=timezone.now)
            run.refresh_from_db()
            told = backfilling.progress(run)
            progress.update(task, completed=told.done, total=told.total)
            if run.status != Backfill.Status.RUNNING:
                break
            if not done.claimed:
                time.sleep(1)
    console.print(
        f"{told.written} written, {told.held} held, {told.skipped} skipped, "
        f"{told.to_do} to do."
    )


# -- comparing


def reconcile(console: Console, options: dict[str, Any]) -> None:
    now = timezone.now()
    since = options["since"] or now - timedelta(days=options["days"])
    until = options["until"] or now
    if since >= until:
        raise CommandError("--since must be before --until.")
    rows = Connection.objects.filter(status=Connection.Status.CONNECTED)
    if options["connection"]:
        rows = rows.filter(key=options["connection"])
    if not rows:
        raise CommandError("There is no such connection that works.")
    made = Table("Connection", "Compared", "Missing", "Changed", "Duplicate")
    for connection in rows:
        told = reconciling.reconcile(
            connection=connection, since=since, until=until, clock=timezone.now
        )
        if told.problem:
            console.print(f"{connection.key}: {told.problem}")
        numbers = (told.checked, told.missing, told.changed, told.duplicate)
        made.add_row(connection.key, *map(str, numbers))
        if told.findings.exists():
            console.print(findings_table(told))
        count = reconciling.repair(
            reconciliation=told, kinds=options["repair"], now=now
        )
        if options["repair"]:
            console.print(f"{count} write-backs of {connection.key} are sent again.")
    console.print(made)


def findings_table(run: Reconciliation) -> Table:
    """Show the first findings, and say how many more there are."""
    made = Table("What", "Record", "Fields, or further records", "Write-back")
    for one in run.findings.order_by("pk")[:MOST_SHOWN]:
        record = f"{one.object} {one.record_id}"
        made.add_row(one.kind, record, ", ".join(one.names), str(one.write_back_id))
    if (left := run.findings.count() - MOST_SHOWN) > 0:
        made.add_row(f"… and {left} more, all in the admin", "", "", "")
    return made
