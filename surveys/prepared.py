"""Owns queries whose SQL is made once and asked many times with other values.

Django makes the SQL of a queryset anew for each request, which costs more than the
database needs to answer it. Only for what every respondent's page asks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models.query import get_related_populators

Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True)
class _Statement(Generic[Row]):
    compiler: Any
    sql: str
    # Values that are always the same, and at which place the given ones stand.
    values: tuple[object, ...]
    places: tuple[tuple[int, int], ...]
    model: type[Row]
    first: int
    last: int
    names: tuple[str, ...]
    converters: dict[int, Any]
    populators: Sequence[Any]

    def ask(self, given: Sequence[str | int]) -> list[Row]:
        values = list(self.values)
        for place, number in self.places:
            values[place] = given[number]
        with _cursor(self.compiler.connection) as cursor:
            cursor.execute(self.sql, values)
            rows = cursor.fetchall()
        if self.converters:
            rows = self.compiler.apply_converters(rows, self.converters)
        return [self._row(row) for row in rows]

    def _row(self, row: Sequence[Any]) -> Row:
        alias = self.compiler.using
        found = self.model.from_db(alias, self.names, row[self.first : self.last])
        for populator in self.populators:
            populator.populate(row, found)
        return found


def _cursor(connection: Any) -> Any:
    """On PostgreSQL one that sends the values apart from the SQL, which the server then
    plans once a connection (`prepare_threshold` in the settings), not once a question:
    planning costs more than finding one row."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        # The stubs know another Django.
        raw = ServerBindingCursor(connection.connection)  # type: ignore[call-arg]
        return connection._prepare_cursor(raw)  # noqa: SLF001 - Django counts it so


class Prepared(Generic[Row]):
    """`rows` builds the queryset out of values; `given` stand for them while it is made.

    Each must be a value that the queryset holds nowhere else.
    """

    def __init__(
        self, rows: Callable[..., models.QuerySet[Row]], *given: str | int
    ) -> None:
        self.rows = rows
        self.given = given
        self.made = threading.local()

    def all(self, *values: str | int) -> list[Row]:
        return self._statement().ask(values)

    def first(self, *values: str | int) -> Row | None:
        return next(iter(self.all(*values)), None)

    def _statement(self) -> _Statement[Row]:
        """Made once a thread, because each has a connection of its own."""
        made: _Statement[Row] | None = getattr(self.made, "statement", None)
        if (
            made is None
            or made.compiler.connection is not connections[DEFAULT_DB_ALIAS]
        ):
            made = self.made.statement = self._make()
        return made

    def _make(self) -> _Statement[Row]:
        rows = self.rows(*self.given)
        compiler = rows.query.get_compiler(rows.db)
        sql, values = compiler.as_sql()
        select, shape = compiler.select, compiler.klass_info
        fields = shape["select_fields"]
        first, last = fields[0], fields[-1] + 1
        return _Statement(
            compiler=compiler,
            sql=sql,
            values=tuple(values),
            places=tuple(
                (place, self.given.index(value))
                for place, value in enumerate(values)
                if value in self.given
            ),
            model=shape["model"],
            first=first,
            last=last,
            names=tuple(part[0].target.attname for part in select[first:last]),
            converters=compiler.get_converters([part[0] for part in select]),
            # The stubs know a later Django.
            populators=get_related_populators(shape, select, rows.db),  # type: ignore[call-arg]
        )
