"""Goes through the dump oldest first, some thousand rows at a time.

Each chunk is a query of its own behind the last position: memory stays the same at
any size, and no transaction stays open while a slow client reads.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from responses import quality
from responses.dump import cursors
from responses.models import Change, Response

CHUNK = 2_000
# Names in the document, and where each is.
FIELDS = {
    "key": "key",
    "survey": "survey__key",
    "version": "version__number",
    "status": "status",
    "test": "is_test",
    "language": "language",
    "deployment": "deployment__key",
    "invitation": "invitation__public_id",
    "email": "invitation__email",
    "answers": "answers",
    "records": "records",
    "variables": "variables",
    "quality": "quality",
    "started_at": "started_at",
    "updated_at": "updated_at",
    "completed_at": "completed_at",
}
EDITED = Change.Kind.EDITED
COLUMNS = ("position", *FIELDS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the dump, and its place."""

    position: int
    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of a survey's responses is wanted."""

    survey_id: int
    after: int = 0
    # The dump ends here, however many are completed while it runs.
    until: int
    statuses: tuple[str, ...] = (str(Response.Status.COMPLETED),)
    completed_after: datetime | None = None
    changes: bool = False
    tests: bool = False
    limit: int | None = None
    # So many are read at once.
    chunk: int = CHUNK


def entries(part: Part) -> Iterator[Entry]:
    """Yield completed responses by position; with `changes` what became of them too."""
    found = _responses(part)
    if part.changes:
        found = heapq.merge(found, _changes(part), key=lambda entry: entry.position)
    return islice(found, part.limit)


def _responses(part: Part) -> Iterator[Entry]:
    rows = (
        Response.objects.counted(tests=part.tests)
        .filter(
            survey=part.survey_id,
            status__in=part.statuses,
            position__lte=part.until,
        )
        .order_by("position")
    )
    if part.completed_after is not None:
        rows = rows.filter(completed_at__gt=part.completed_after)
    after, size = part.after, min(part.chunk, part.limit or part.chunk)
    while True:
        chunk = list(rows.filter(position__gt=after).values_list(*COLUMNS)[:size])
        for row in chunk:
            yield Entry(position=row[0], document=_document(row, part))
        if len(chunk) < size:
            return
        after = chunk[-1][0]


def _document(row: tuple[Any, ...], part: Part) -> dict[str, Any]:
    document: dict[str, Any] = {"cursor": cursors.write(row[0])}
    if part.changes:
        document["change"] = "completed"
    document.update(zip(FIELDS, row[1:], strict=True))
    document["key"] = str(document["key"])
    document["quality"] = list(quality.split(document["quality"]))
    if document["invitation"]:
        document["invitation"] = str(document["invitation"])
    for name in ("started_at", "updated_at", "completed_at"):
        document[name] = moment(document[name])
    return document


def _changes(part: Part) -> Iterator[Entry]:
    rows = Change.objects.filter(
        survey=part.survey_id, position__lte=part.until
    ).order_by("position")
    after, size = part.after, min(part.chunk, part.limit or part.chunk)
    while True:
        chunk = list(rows.filter(position__gt=after).select_related("survey")[:size])
        edited = _edited(chunk, part)
        for row in chunk:
            assert row.position is not None  # noqa: S101 - the filter says so
            now = edited.get(row.response_key, {}) if row.kind == EDITED else {}
            document = {
                **now,
                "cursor": cursors.write(row.position),
                "change": row.kind,
                "key": str(row.response_key),
                "survey": row.survey.key,
                "at": moment(row.at),
            }
            yield Entry(position=row.position, document=document)
        if len(chunk) < size or row.position is None:
            return
        after = row.position


def _edited(chunk: Sequence[Change], part: Part) -> dict[UUID, dict[str, Any]]:
    """What was edited, as it is now; what became of it since is told later on."""
    keys = [row.response_key for row in chunk if row.kind == EDITED]
    if not keys:
        return {}
    ended = Response.objects.filter(key__in=keys, status__in=Response.ENDED)
    rows = ended.values_list("key", *COLUMNS)
    return {key: _document((position or 0, *row), part) for key, position, *row in rows}


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, as everywhere in the API."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
