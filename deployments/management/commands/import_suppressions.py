"""Puts a list of addresses on the list of those that are not asked any more."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from deployments.addresses import is_address, normal_address
from deployments.models import Suppression
from deployments.suppression import suppress

Row = tuple[int, dict[str, str]]


class Command(BaseCommand):
    help = "Import a CSV with a column email, and perhaps reason and note."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        before, taken = Suppression.objects.count(), 0
        bad: list[str] = []
        for number, row in _rows(options["file"]):
            email = normal_address(row.get("email", ""))
            reason = row.get("reason", "") or Suppression.Reason.ADDED
            if not is_address(email) or reason not in Suppression.Reason.values:
                bad.append(f"line {number}: {email[:100] or '(blank)'} {reason[:20]}")
                continue
            suppress(email=email, reason=reason, note=row.get("note", ""), now=now)
            taken += 1
        added = Suppression.objects.count() - before
        for line in bad:
            self.stderr.write(line)
        self.stdout.write(
            json.dumps({"added": added, "known": taken - added, "bad": len(bad)})
        )


def _rows(path: Path) -> Iterator[Row]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8: save it as CSV UTF-8.") from error
    reader = csv.DictReader(text.splitlines())
    names = [str(name).strip().lower() for name in reader.fieldnames or []]
    if "email" not in names:
        raise CommandError(f"{path} has no column email; it has {', '.join(names)}.")
    reader.fieldnames = names
    for row in reader:
        yield reader.line_num, {key: value or "" for key, value in row.items() if key}
