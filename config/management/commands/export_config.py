"""`manage.py export_config [SURVEY …]`: the set-up as documents, to stdout."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import configuration, yaml_files


class Command(BaseCommand):
    help = (
        "Writes themes, surveys, connections, limits, deployments, mappings and "
        "webhooks as YAML, without secrets. `apply` reads it, here or elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "surveys",
            nargs="*",
            metavar="SURVEY",
            help="only these, with the deployments, mappings and connections of theirs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            documents = list(configuration.export(options["surveys"]))
        except configuration.ConfigurationRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(yaml_files.write(documents), ending="")
