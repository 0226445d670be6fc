"""`manage.py create_api_key NAME --scope …`: prints a new key, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config import key_acts
from config.models import SCOPES, ApiKey
from config.networks import check_networks


class Command(BaseCommand):
    help = "Makes an API key and prints it. It is shown this once; keep it safe."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=sorted(SCOPES),
            dest="scopes",
            help="what the key may do; give it several times for several",
        )
        parser.add_argument(
            "--from",
            action="append",
            default=[],
            dest="networks",
            help="only from this network, such as 192.0.2.0/24; may be repeated",
        )
        parser.add_argument("--days", type=int, help="valid for so many days")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["days"]
        key = ApiKey(name=options["name"], scopes=sorted(set(options["scopes"])))
        key.expires_at = timezone.now() + timedelta(days=days) if days else None
        key.allowed_networks = "\n".join(options["networks"])
        try:
            check_networks(key.allowed_networks)
        except ValidationError as error:
            raise CommandError(error.messages[0]) from error
        self.stdout.write(key_acts.make(key=key))
