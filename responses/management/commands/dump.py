"""`manage.py dump SURVEY --after CURSOR --format csv`: the dump, to stdout."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from responses.dump import cursors, writing
from responses.dump.positions import number_all
from responses.dump.reading import Part
from responses.dump.words import Wording
from responses.models import Response
from surveys.models import Survey

ENDED = tuple(str(status) for status in Response.ENDED)


def moment(text: str) -> datetime:
    """A day or moment; in UTC, where no zone is said."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}” is no moment in ISO 8601.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Writes the completed responses of a survey, oldest first, to stdout."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("survey", help="the key of the survey")
        parser.add_argument("--after", default="", help="the last cursor that you have")
        parser.add_argument("--format", default="ndjson", choices=writing.FORMATS)
        parser.add_argument(
            "--changes",
            action="store_true",
            help="tell what was erased, edited, reopened or deleted, too",
        )
        parser.add_argument("--tests", action="store_true", help="answers of tests too")
        parser.add_argument(
            "--completed-after",
            type=moment,
            help="only what was completed later, such as 2026-03-02T12:00:00Z",
        )
        parser.add_argument("--limit", type=int, help="at most so many lines")
        parser.add_argument("--status", default=ENDED[0], choices=[*ENDED, "all"])
        parser.add_argument(
            "--fields", nargs="+", default=[], help="only these, such as answer.csat"
        )
        parser.add_argument("--bom", action="store_true", help="for Excel")
        parser.add_argument(
            "--labels", action="store_true", help="words instead of keys"
        )
        parser.add_argument("--language", default="", help="of the words")

    def handle(self, *args: Any, **options: Any) -> None:
        survey = Survey.objects.filter(key=options["survey"]).first()
        if survey is None:
            raise CommandError(f"There is no survey “{options['survey']}”.")
        try:
            after = cursors.read(options["after"])
        except cursors.NoCursor as error:
            raise CommandError(str(error)) from error
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit: at least 1.")
        if unknown := writing.unknown_fields(survey, options["fields"]):
            raise CommandError(f"The dump has no column “{unknown[0]}”.")
        status = options["status"]
        part = Part(
            survey_id=survey.pk,
            after=after,
            until=number_all(),
            statuses=ENDED if status == "all" else (status,),
            completed_after=options["completed_after"],
            changes=options["changes"],
            tests=options["tests"],
            limit=options["limit"],
        )
        looks = writing.Looks(
            format=options["format"],
            bom=options["bom"],
            wording=Wording(labels=options["labels"], language=options["language"]),
            fields=tuple(options["fields"]),
        )
        for piece in writing.pieces(part, survey=survey, looks=looks):
            self.stdout.write(piece.data.decode(), ending="")
