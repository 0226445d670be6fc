"""Reads a mailbox of bounces: files of mbox, single mails (.eml), or folders of them."""

from __future__ import annotations

import json
import mailbox
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from deployments import bounces


class Command(BaseCommand):
    help = "Read mails that came back, and keep those addresses from being asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")

    def handle(self, *args: Any, **options: Any) -> None:
        taken: Counter[str] = Counter()
        mails = 0
        for path in options["paths"]:
            for raw in _mails(path):
                mails += 1
                taken += bounces.take(report=bounces.read(raw), now=timezone.now())
        self.stdout.write(json.dumps({"mails": mails, **taken}))


def _mails(path: Path) -> Iterator[bytes]:
    if path.is_dir():
        for each in sorted(path.rglob("*")):
            if each.is_file():
                yield from _mails(each)
        return
    try:
        start = path.open("rb").read(5)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    if start != b"From ":
        yield path.read_bytes()
        return
    box = mailbox.mbox(path, create=False)
    for key in box.keys():  # noqa: SIM118 - a mailbox iterates its mails
        yield box.get_bytes(key)
