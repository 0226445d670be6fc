"""Brings the entries of a survey's dump and the format asked for together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from responses.dump import formats, straight
from responses.dump.columns import KEYS, Column, choose, columns, prune
from responses.dump.formats import Lines
from responses.dump.reading import Entry, Part, entries
from responses.dump.words import Wording, worded, words
from surveys import publishing
from surveys.definition import Definition
from surveys.models import Survey

FORMATS = ("ndjson", "csv", "json", "xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How the dump is written."""

    format: str = "ndjson"
    bom: bool = False
    wording: Wording = KEYS
    # The columns that are wanted, by their keys; none: all.
    fields: tuple[str, ...] = ()


def pieces(
    part: Part, *, survey: Survey, looks: Looks, may_straight: bool = True
) -> Iterator[Lines]:
    """Yield the dump as bytes, some thousand rows in memory at most."""
    # A page of changes counts both kinds of lines, which the database does not.
    can = may_straight and straight.is_possible()
    can = can and not (part.changes and part.limit)
    together = min(part.chunk, formats.TOGETHER)
    match looks.format:
        case "csv":
            return _csv(part, survey, looks, can=can)
        case "json":
            return formats.json_array(told(part, survey, looks))
        case "xml":
            return formats.xml(told(part, survey, looks), survey.key)
        case _ if can and not looks.fields and not looks.wording.labels:
            return straight.ndjson(
                part,
                _about(survey, {}),
                lambda one: formats.ndjson(entries(one), together),
            )
        case _:
            return formats.ndjson(told(part, survey, looks), together)


def _csv(part: Part, survey: Survey, looks: Looks, *, can: bool) -> Iterator[Lines]:
    table = survey_columns(survey, changes=part.changes, wording=looks.wording)
    if looks.fields:
        table = choose(table, (*looks.fields, "change", "at"))
    yield formats.csv_header(table, bom=looks.bom)

    def slow(one: Part) -> Iterator[Lines]:
        return formats.csv_rows(entries(one), table, min(part.chunk, formats.TOGETHER))

    if can and not looks.wording.labels:
        yield from straight.csv_rows(
            part, table, _about(survey, survey_kinds(survey)), slow
        )
    else:
        yield from slow(part)


def told(part: Part, survey: Survey, looks: Looks) -> Iterator[Entry]:
    """The entries as documents: in words, and with what was asked for alone."""
    found = entries(part)
    if looks.wording.labels:
        known = words(_definitions(survey), looks.wording)
        found = (_with(entry, worded(entry.document, known)) for entry in found)
    if looks.fields:
        found = (_with(one, prune(one.document, looks.fields)) for one in found)
    return found


def _with(entry: Entry, document: dict[str, Any]) -> Entry:
    return replace(entry, document=document)


def _about(survey: Survey, kinds: Mapping[str, str]) -> straight.About:
    return straight.About(
        survey=survey.key,
        versions=dict(survey.versions.order_by("pk").values_list("pk", "number")),
        kinds=kinds,
    )


def survey_columns(
    survey: Survey, *, changes: bool = False, wording: Wording = KEYS
) -> tuple[Column, ...]:
    return columns(_definitions(survey), changes=changes, wording=wording)


def survey_kinds(survey: Survey) -> dict[str, str]:
    """Question key to its kind, which no later version changes."""
    return {
        question.key: question.kind
        for definition in _definitions(survey)
        for question in definition.questions()
    }


def _definitions(survey: Survey) -> list[Definition]:
    """Every published version, oldest first."""
    versions = survey.versions.order_by("number").values_list("pk", flat=True)
    return [publishing.compiled(pk) for pk in versions]


def unknown_fields(survey: Survey, names: Sequence[str]) -> list[str]:
    """Those of the names that no column of the survey has."""
    if not names:
        return []
    known = {column.key for column in survey_columns(survey, changes=True)}
    return [name for name in names if name not in known | {"answers", "variables"}]
