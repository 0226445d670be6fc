"""`manage.py managed_mapping SURVEY CONNECTION`: what a survey needs in an org; with
`--deploy` it is created, and with `--write FOLDER` written for an administrator."""

from __future__ import annotations

import time
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from crm_mappings import provisioning
from crm_mappings.models import Connection, Provisioning
from crm_mappings.plan.managed import Proposal
from crm_mappings.provisioning import CannotPropose, CannotStart
from crm_mappings.salesforce import managed_package
from crm_mappings.salesforce.errors import OrgError
from surveys.models import Survey

PATIENCE = 1800.0


class Command(BaseCommand):
    help = (
        "Shows what a survey's managed mapping needs in an org, and what of it is "
        "there. Nothing is created without --deploy."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", help="The key of the survey.")
        parser.add_argument("connection", help="The key of the connection.")
        parser.add_argument(
            *("--record", "-r"),
            action="append",
            help="An object that responses are about; without: what triggers tie.",
        )
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--deploy", action="store_true", help="Create it there.")
        act.add_argument("--validate", action="store_true", help="Only try it.")
        act.add_argument(
            "--write", type=Path, metavar="FOLDER", help="Write the files."
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        self.stdout.ending = ""  # the table ends its own lines
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        survey = _row(Survey, options["survey"])
        connection = _row(Connection, options["connection"])
        records = options["record"] or provisioning.record_choices(survey)[1]
        about = {"survey": survey, "connection": connection, "records": records}
        try:
            if options["deploy"] or options["validate"]:
                row = provisioning.start(
                    **about, now=timezone.now(), check_only=options["validate"]
                )
                follow(console, row)
                return
            proposal = provisioning.propose(**about, now=timezone.now())
        except (CannotPropose, CannotStart) as error:
            raise CommandError(str(error)) from error
        except OrgError as error:
            raise CommandError(error.refusal.message) from error
        if options["write"]:
            write(console, proposal, options["write"])
        else:
            console.print(shown(proposal))


def _row(model: Any, key: str) -> Any:
    row = model.objects.filter(key=key).first()
    if row is None:
        raise CommandError(f"There is no {model.__name__.lower()} “{key}”.")
    return row


def shown(proposal: Proposal) -> Table:
    table = Table("Object", "Field", "Type", "In Salesforce")
    for one in proposal.objects:
        for field in one.fields:
            note = f" (not {', '.join(field.instead_of)})" if field.instead_of else ""
            state = field.state.value + note
            table.add_row(one.name, field.name, field.wish.type, state)
    return table


def write(console: Console, proposal: Proposal, folder: Path) -> None:
    """Write a project as Salesforce's own tools keep it."""
    for path, text in managed_package.source_files(proposal).items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    console.print(f"Written to {folder}. Deploy it with: sf project deploy start")


def follow(console: Console, row: Provisioning) -> None:
    """Carry it here and now, beside the workers, and say how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    until = time.monotonic() + PATIENCE
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(row.get_state_display(), total=row.components or 1)
        while row.under_way and time.monotonic() < until:
            if not provisioning.carry_on(now=timezone.now()):
                time.sleep(0.3)
            row.refresh_from_db()
            progress.update(
                task,
                description=row.get_state_display(),
                completed=row.deployed,
                total=row.components or 1,
            )
    console.print(row.message or row.get_state_display())
    for problem in row.problems:
        console.print(f"  {problem['name']}: {problem['problem']}")
    if row.state != Provisioning.State.DONE:
        raise CommandError("It is not there. What to do stands above.")
    if row.mapping is not None:
        console.print(f"Mapping {row.mapping.key} ({row.mapping.status}).")
