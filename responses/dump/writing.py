"""Brings the entries of a survey's dump and the format asked for together."""

from __future__ import annotations

from collections.abc import Iterator

from responses.dump import formats
from responses.dump.columns import KEYS, Column, Wording, columns
from responses.dump.reading import Part, entries
from surveys import publishing
from surveys.models import Survey

FORMATS = ("ndjson", "csv", "json", "xml")


def pieces(
    part: Part,
    *,
    survey: Survey,
    format: str,  # noqa: A002 - as the address and the command say it
    bom: bool = False,
    wording: Wording = KEYS,
) -> Iterator[str]:
    """Yield the dump as text, some thousand rows in memory at most."""
    found = entries(part)
    match format:
        case "csv":
            table = survey_columns(survey, changes=part.changes, wording=wording)
            return formats.csv_table(found, table, bom=bom)
        case "json":
            return formats.json_array(found)
        case "xml":
            return formats.xml(found, survey.key)
        case _:
            return formats.ndjson(found)


def survey_columns(
    survey: Survey, *, changes: bool = False, wording: Wording = KEYS
) -> tuple[Column, ...]:
    versions = survey.versions.order_by("number").values_list("pk", flat=True)
    definitions = [publishing.compiled(pk) for pk in versions]
    return columns(definitions, changes=changes, wording=wording)
