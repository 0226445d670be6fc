"""`manage.py import_survey FILE`: a survey of another tool as a draft.

The last line is a JSON report: what was carried over, changed, left out.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys import importing


class Command(BaseCommand):
    help = (
        "Makes a draft of a LimeSurvey file (.lss, .lsg, .lsq), a survey of SurveyJS "
        "(.json) or an XLSForm (.xlsx), and reports what became of each part."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="report only, make nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        imported = read(Path(options["file"]))
        report = imported.report.document()
        key = None
        if not options["dry_run"]:
            key = importing.import_survey(imported=imported).key
            self.stdout.write(f"Made the draft “{key}”.")
        for heading in ("changed", "left_out"):
            self.stdout.write(f"{heading.replace('_', ' ').capitalize()}:")
            for note in report[heading]:
                self.stdout.write(f"  {note['what']}: {note['why']}")
        self.stdout.write(json.dumps({"survey": key, **report}, ensure_ascii=False))


def read(path: Path) -> importing.Imported:
    try:
        if path.stat().st_size > importing.MOST_BYTES:
            raise CommandError(f"{path}: the file is larger than 10 MB.")
        return importing.read(path.read_bytes(), name=path.stem)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except importing.ImportRefused as error:
        raise CommandError(f"{path}: {error}") from error
