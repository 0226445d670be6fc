"""`manage.py promote_mapping KEY CONNECTION [--dry-run]`: carry a mapping to another
org as a draft, with the difference and what that org says of it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crm_mappings import promoting
from crm_mappings.models import Connection, Mapping
from crm_mappings.plan.differing import Difference
from crm_mappings.plan.rules import MappingError
from crm_mappings.promoting import CannotPromote

SAID = frozenset({"will_fail", "may_fail"})


class Command(BaseCommand):
    help = "Carries a mapping to another org; what runs there goes on as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mapping", help="The key of the mapping.")
        parser.add_argument("connection", help="The key of the target's connection.")
        parser.add_argument("--dry-run", action="store_true", help="Only show.")

    def handle(self, *_args: Any, **options: Any) -> None:
        rows = Mapping.objects.select_related("survey", "connection", "live_revision")
        mapping = rows.filter(key=options["mapping"]).first()
        connection = Connection.objects.filter(key=options["connection"]).first()
        if mapping is None or connection is None:
            raise CommandError("There is no such mapping, or no such connection.")
        about: dict[str, Any] = {"mapping": mapping, "connection": connection}
        about["now"] = timezone.now()
        try:
            promotion = promoting.propose(**about)
        except CannotPromote as error:
            raise CommandError(str(error)) from error
        key = promotion.document["key"]
        self.stdout.write(f"{key}: {'changed' if promotion.target else 'new'}")
        for one in promotion.changes:
            self.stdout.write(f"  {said(one)}")
        for finding in promotion.findings:
            if finding.grade in SAID:
                place = ".".join(filter(None, (finding.step, finding.field)))
                self.stdout.write(f"  {finding.grade} {place}: {finding.message}")
        if options["dry_run"]:
            self.stdout.write("This was a dry run: nothing was changed.")
            return
        try:
            promoting.promote(**about)
        except MappingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The draft {key} is saved. Check it, and activate it.")


def said(one: Difference) -> str:
    place = ".".join(filter(None, (one.step, one.field)))
    return f"{place} {one.what}: {one.before or '–'} → {one.after or '–'}".strip()
