"""`manage.py apply FILE… [--dry-run]`: make the set-up say what the files say."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import configuration, yaml_files
from config.configuration import Applied, ConfigurationRefused, Entry


class Command(BaseCommand):
    help = (
        "Applies documents of themes, surveys, connections, deployments and mappings "
        "and prints what they change. All of them or nothing; nothing is deleted. A "
        "survey is published where its document says “status: live”; deployments "
        "and mappings go live in the admin or over the API."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="YAML; - is stdin")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="print what would change, change nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = [entry for file in options["files"] for entry in read(file)]
        if not found:
            raise CommandError("There is no document in these files.")
        try:
            applied = configuration.apply(found=found, dry_run=options["dry_run"])
        except ConfigurationRefused as error:
            raise CommandError(f"Nothing was applied.\n{error}") from error
        for one in applied:
            self.stdout.writelines(difference(one))
            self.stdout.write(f"{one.entry.kind} {one.entry.key}: {one.outcome}")
        if options["dry_run"]:
            self.stdout.write("This was a dry run: nothing was changed.")


def read(file: str) -> list[Entry]:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
        return list(configuration.entries(yaml_files.read(text), file=file))
    except (OSError, UnicodeDecodeError, yaml_files.FileUnreadable) as error:
        raise CommandError(f"{file}: {error}") from error
    except ConfigurationRefused as error:
        raise CommandError(f"Nothing was applied.\n{error}") from error


def difference(one: Applied) -> Iterator[str]:
    name = f"{one.entry.kind}/{one.entry.key}"
    before = yaml_files.write([one.before]) if one.before else ""
    after = yaml_files.write([one.after])
    return difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        fromfile=f"{name} (now)",
        tofile=f"{name} ({one.entry.place})",
    )
