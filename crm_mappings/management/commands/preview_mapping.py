"""Say what a mapping's draft would write; asks the org and writes nothing."""

from __future__ import annotations

import json
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from crm_mappings import delivery, samples
from crm_mappings.documents import mapping_document
from crm_mappings.models import Mapping
from crm_mappings.plan.planner import FileContent, StepRef, Write
from crm_mappings.plan.rules import MappingError
from crm_mappings.salesforce.errors import OrgError
from responses.models import Response


class Command(BaseCommand):
    help = (
        "Say what the draft of a mapping would write for a response, the latest ones "
        "or a made-up one. Only reads from the org; exits 1 if one would be held."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="The key of the mapping.")
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--response", help="The key of a response.")
        which.add_argument("--latest", type=int, metavar="N", help="1 to 20 responses.")
        which.add_argument("--made-up", action="store_true", help="Example answers.")
        parser.add_argument(
            "--record",
            action="append",
            default=[],
            metavar="OBJECT=ID",
            help="A record of the made-up response.",
        )
        parser.add_argument("--calls", action="store_true", help="The exact calls too.")

    def handle(self, *_args: Any, **options: Any) -> None:
        mapping = Mapping.objects.filter(key=options["key"]).first()
        if mapping is None:
            known = ", ".join(
                Mapping.objects.order_by("key").values_list("key", flat=True)
            )
            raise CommandError(
                f"There is no mapping {options['key']!r}. There are: {known or 'none'}."
            )
        seen = self._seen(mapping, options)
        self.stdout.ending = ""  # the table ends its own lines
        console = Console(file=cast("IO[str]", self.stdout), highlight=False)
        for one in seen:
            _print(console, one, calls=options["calls"])
        held = sum(bool(one.plan.problems) for one in seen)
        if held:
            raise CommandError(f"{held} of {len(seen)} would be held.")

    def _seen(
        self, mapping: Mapping, options: dict[str, Any]
    ) -> list[delivery.Preview]:
        try:
            return delivery.previews(
                responses=_responses(mapping, options),
                document=mapping_document(mapping),
                connection=mapping.connection,
                now=timezone.now(),
            )
        except MappingError as error:
            raise CommandError(f"The mapping is not finished: {error}") from error
        except OrgError as error:
            raise CommandError(error.refusal.message) from error


def _responses(mapping: Mapping, options: dict[str, Any]) -> list[Response]:
    if options["made_up"]:
        pairs = (text.partition("=") for text in options["record"])
        records = {name: record for name, _equals, record in pairs}
        made = samples.made_up(mapping, records, timezone.now())
        if made is None:
            raise CommandError(
                "The survey is not published yet: nothing can be made up."
            )
        return [made]
    if options["response"]:
        found = samples.find(mapping, options["response"])
        if found is None:
            raise CommandError("There is no such response to the mapping's survey.")
        return [found]
    most = options["latest"] if options["latest"] is not None else 1
    if not 1 <= most <= samples.MOST:
        raise CommandError(f"--latest takes 1 to {samples.MOST}.")
    found_latest = samples.latest(mapping, most)
    if not found_latest:
        raise CommandError("Nobody has answered the survey yet; try --made-up.")
    return found_latest


def _print(console: Console, seen: delivery.Preview, *, calls: bool) -> None:
    console.print(f"Response {seen.response.key}", style="bold", markup=False)
    for problem in seen.plan.problems:
        console.print(f"  held: {problem.message}", markup=False)
    for skip in seen.plan.skipped:
        console.print(
            f"  {skip.step or 'mapping'} skipped: {skip.reason}", markup=False
        )
    for one in seen.plan.found:
        console.print(
            f"  {one.step}: found {one.object} {one.record_id} {one.note}",
            markup=False,
        )
    for write in seen.plan.writes:
        console.print(_heading(write), markup=False)
        console.print(_table(write))
    for call in (*seen.reads, *seen.writes) if calls else ():
        console.print(f"  {call.method} {call.path} {call.query}", markup=False)
        if call.body is not None:
            console.print(json.dumps(call.body, indent=2), markup=False)


def _heading(write: Write) -> str:
    record = write.record_id or write.key_value or "a new record"
    return (
        f"  {write.step}: {write.action} {write.object} {record} {write.note}".rstrip()
    )


def _table(write: Write) -> Table:
    made = Table("Field", "Now", "Would be")
    for name, value in write.fields.items():
        known = write.previous is not None and name in write.previous
        now = _said(write.previous[name]) if write.previous and known else "–"
        made.add_row(name, now, _said(value))
    return made


def _said(value: object) -> str:
    if isinstance(value, StepRef):
        return f"(record of step {value.step})"
    if isinstance(value, FileContent):
        return "(the file)"
    return "(blank)" if value is None else str(value)
