"""Say of each thing that a connection needs whether it is there."""

from __future__ import annotations

from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from crm_mappings import connections
from crm_mappings.connections import CheckResult
from crm_mappings.models import Connection


class Command(BaseCommand):
    help = "Check every permission that a connection needs; exits 1 if one is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="The key of the connection.")

    def handle(self, *_args: Any, **options: Any) -> None:
        connection = Connection.objects.filter(key=options["key"]).first()
        if connection is None:
            known = ", ".join(
                Connection.objects.order_by("key").values_list("key", flat=True)
            )
            raise CommandError(
                f"There is no connection {options['key']!r}. "
                f"There are: {known or 'none'}."
            )
        results = connections.check(connection=connection, now=timezone.now())
        self.stdout.ending = ""  # the table ends its own lines
        Console(file=cast("IO[str]", self.stdout), highlight=False).print(
            table(results)
        )
        failed = sum(not result.passed for result in results)
        if failed:
            raise CommandError(f"{failed} of {len(results)} checks failed.")


def table(results: list[CheckResult]) -> Table:
    made = Table("", "What", "Found", "What to do", "Who")
    for result in results:
        mark = {"pass": "pass", "fail": "FAIL"}.get(result.state, "not needed")
        made.add_row(mark, result.name, result.detail, result.todo, result.who)
    return made
