"""Gives completed responses, and what happened to them later, their place in the dump.

Writers commit in any order, so no number that a writer takes can be a cursor: the
lower one may become visible after the higher one was read. Here numbers are given
to rows that are committed already, by one at a time who holds the counter's row
until the commit: whoever sees a position sees every lower one too.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Max

from responses.models import Change, PositionCounter, Response

BATCH = 5_000

# PostgreSQL and SQLite (3.35 and newer) read this alike.
NUMBER = """
    UPDATE {table} SET position = numbered.position
    FROM (
        SELECT id, %s + row_number() OVER (ORDER BY {at}, id) AS position
        FROM {table} WHERE position IS NULL {wanted}
        ORDER BY {at}, id LIMIT %s
    ) AS numbered
    WHERE {table}.id = numbered.id
    RETURNING {table}.position
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
        given = 0
        for statement in (RESPONSES, CHANGES):
            places = _number(statement, counter.last, limit)
            given += len(places)
            # Not by how many there are: a row that was erased meanwhile leaves a gap.
            counter.last = max(places, default=counter.last)
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


def _number(statement: str, last: int, limit: int) -> list[int]:
    """Give places behind the last one; return those that were given."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [last, limit])
        return [place for (place,) in cursor.fetchall()]
