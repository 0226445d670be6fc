"""Gives completed responses, and what happened to them later, their place in the dump.

Writers commit in any order, so no number that a writer takes can be a cursor: the
lower one may become visible after the higher one was read. Here numbers are given
to rows that are committed already, by one at a time who holds the counter's row
until the commit: whoever sees a position sees every lower one too.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, models, transaction
from django.db.models import Max

from responses.models import Change, PositionCounter, Response

BATCH = 5_000

# PostgreSQL and SQLite (3.33 and newer) read this alike.
NUMBER = """
    UPDATE {table} SET position = numbered.position
    FROM (
        SELECT id, %s + row_number() OVER (ORDER BY {at}, id) AS position
        FROM {table} WHERE position IS NULL {wanted}
        ORDER BY {at}, id LIMIT %s
    ) AS numbered
    WHERE {table}.id = numbered.id
"""
RESPONSES = NUMBER.format(
    table="responses_response",
    at="completed_at",
    wanted="AND status IN ('completed', 'screened_out')",
)
CHANGES = NUMBER.format(table="responses_change", at="at", wanted="")


def number_all() -> int:
    """Number everything that was committed before the call; return the last number."""
    while True:
        given, last = number_batch()
        if not given:
            return last


def number_batch(limit: int = BATCH) -> tuple[int, int]:
    """Number up to `limit` rows of each kind; return how many, and the last number."""
    if not _waiting():
        return 0, PositionCounter.objects.aggregate(last=Max("last"))["last"] or 0
    with transaction.atomic():
        counter = _hold_counter()
        given = _number(RESPONSES, counter, limit)
        _follow(counter, Response.objects.all())
        given += _number(CHANGES, counter, limit)
        _follow(counter, Change.objects.all())
        counter.save(update_fields=["last"])
    return given, counter.last


def _waiting() -> bool:
    return (
        Response.objects.filter(status__in=Response.ENDED, position=None).exists()
        or Change.objects.filter(position=None).exists()
    )


def _hold_counter() -> PositionCounter:
    PositionCounter.objects.get_or_create(pk=1)
    return PositionCounter.objects.select_for_update().get(pk=1)


def _number(statement: str, counter: PositionCounter, limit: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, [counter.last, limit])
        return int(cursor.rowcount)


def _follow(counter: PositionCounter, rows: models.QuerySet[Any]) -> None:
    """Move the counter behind what was given.

    Not by how many were: a row that was erased meanwhile leaves a gap.
    """
    highest = rows.aggregate(highest=Max("position"))["highest"]
    counter.last = max(counter.last, highest or 0)
