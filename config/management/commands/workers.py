"""`manage.py workers`: django-q2 under supervision, until SIGTERM or Ctrl-C."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.supervision import Supervisor


class Command(BaseCommand):
    help = "Runs the workers that decide, invite and write back, under supervision."

    def handle(self, *args: Any, **options: Any) -> None:
        Supervisor().run()
