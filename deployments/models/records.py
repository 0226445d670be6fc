"""Finds rows by the records that they name: `records__has_any_value=[id, …]`.

On PostgreSQL a GIN index of the column answers it.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import models


class HasAnyValue(models.Lookup):
    """Whether one of these texts is a value of the object, under whatever name."""

    lookup_name = "has_any_value"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, params = self._column(compiler, connection)
        marks = ", ".join(["%s"] * len(self.rhs))
        sql = f"EXISTS (SELECT 1 FROM json_each({column}) WHERE value IN ({marks}))"  # noqa: S608 - our own column
        return sql, (*params, *self.rhs)

    def as_postgresql(
        self, compiler: Any, connection: Any
    ) -> tuple[str, tuple[Any, ...]]:
        column, params = self._column(compiler, connection)
        texts = " || ".join(f"@ == {json.dumps(text)}" for text in self.rhs)
        return f"{column} @? %s::jsonpath", (*params, f"$.* ? ({texts})")

    def _column(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        if not self.rhs:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        return column, tuple(params)
