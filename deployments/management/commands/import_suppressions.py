"""Puts a list of addresses on the list of those that are not asked any more."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from deployments.mailings import SheetRefused
from deployments.opt_out_lists import take_in


class Command(BaseCommand):
    help = "Import a CSV or XLSX with a column email, and perhaps reason and note."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            taken = take_in(path.read_bytes(), now=timezone.now())
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except SheetRefused as error:
            raise CommandError(f"{path}: {error}") from error
        for one in taken.bad:
            told = f"line {one.line}: {one.email or '(blank)'} {one.reason}"
            self.stderr.write(told)
        counts = {"added": taken.added, "known": taken.known, "bad": len(taken.bad)}
        self.stdout.write(json.dumps(counts))
