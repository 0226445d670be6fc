"""Owns running a query: the rows that match, in order, and how each is shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_mappings.emulator import refusals
from crm_mappings.emulator.reading import Reader, attributes
from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row, Rows
from crm_mappings.emulator.schema.catalogue import Catalogue
from crm_mappings.emulator.schema.fields import Field
from crm_mappings.emulator.schema.objects import SObject
from crm_mappings.emulator.soql.grouping import grouped, sort_groups
from crm_mappings.emulator.soql.lexing import picture
from crm_mappings.emulator.soql.matching import Matcher, comparable
from crm_mappings.emulator.soql.parsing import parse
from crm_mappings.emulator.soql.paths import Column, Paths
from crm_mappings.emulator.soql.syntax import Everything, Order, Path, Query
from crm_mappings.emulator.values import as_json

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """The size, the matching rows, and how to show one of them."""

    size: int
    rows: list[Any]
    show: Callable[[Any], Record]


class Engine:
    def __init__(self, catalogue: Catalogue, rows: Rows, reader: Reader) -> None:
        self._catalogue = catalogue
        self._rows = rows
        self._reader = reader

    def run(
        self, text: str, *, now: datetime, version: str, with_deleted: bool = False
    ) -> Result:
        run = _Run(
            self._catalogue, self._rows, self._reader, now, version, with_deleted
        )
        return run.result(parse(text))


class _Run:
    """One query with its time and its version, through all its sub-queries."""

    def __init__(
        self,
        catalogue: Catalogue,
        rows: Rows,
        reader: Reader,
        now: datetime,
        version: str,
        with_deleted: bool,
    ) -> None:
        self._catalogue = catalogue
        self._rows = rows
        self._reader = reader
        self._now = now
        self._version = version
        self._with_deleted = with_deleted

    def result(self, query: Query) -> Result:
        sobject = self._source(query)
        paths = Paths(self._catalogue, self._reader, query.text)
        if query.bare_count:
            return Result(len(self._matching(query, sobject, paths)), [], dict)
        if query.aggregated:
            rows = self._matching(query, sobject, paths, sliced=False)
            records = grouped(query, rows, lambda path: paths.column(sobject, path))
            sort_groups(query, records)
            records = _slice(query, records)
            return Result(len(records), records, dict)
        show = self._shower(query, sobject, paths)
        rows = self._matching(query, sobject, paths)
        return Result(len(rows), rows, show)

    def _source(self, query: Query) -> SObject:
        found = self._catalogue.find(query.source)
        if found is None or not found.queryable:
            picture_of = picture(query.text, query.source_at)
            raise refusals.unknown_type(query.source, picture_of)
        return found

    def _matching(
        self, query: Query, sobject: SObject, paths: Paths, *, sliced: bool = True
    ) -> list[Row]:
        matcher = Matcher(paths, sobject, query.text, self._now, self._first_column)
        rows: Iterable[Row] = self._candidates(query, sobject, matcher)
        if query.where:
            rows = filter(matcher.test(query.where), rows)
        ordered = list(rows)
        for order in reversed(() if query.aggregated else query.order):
            self._sort(ordered, order, paths, sobject, query)
        return _slice(query, ordered) if sliced else ordered

    def _candidates(
        self, query: Query, sobject: SObject, matcher: Matcher
    ) -> Iterable[Row]:
        table = self._rows.table(sobject.name)
        if self._with_deleted:
            return table.rows.values()
        helped = matcher.operands(query.where) if query.where else []
        for name, values in helped:
            if name == "Id" or table.is_indexed(name):
                found = (row for value in values for row in table.find(name, value))
                # Rows come in the order they were made, index or not.
                once = {row["Id"]: row for row in found}
                return sorted(once.values(), key=lambda row: str(row["Id"]))
        return table.live()

    def _sort(
        self,
        rows: list[Row],
        order: Order,
        paths: Paths,
        sobject: SObject,
        query: Query,
    ) -> None:
        column = paths.column(sobject, order.path)
        if column.field.long or column.field.type in {"address", "multipicklist"}:
            message = f"field '{column.field.name}' can not be sorted in a query call"
            raise Refusal("INVALID_FIELD", picture(query.text, order.path.at) + message)
        filled = [row for row in rows if column.read(row) is not None]
        empty = [row for row in rows if column.read(row) is None]
        filled.sort(
            key=lambda row: comparable(column.read(row)), reverse=order.descending
        )
        rows[:] = filled + empty if order.nulls_last else empty + filled

    def _first_column(self, query: Query) -> list[Any]:
        """The values of a semi-join: what IN (SELECT …) compares with."""
        sobject = self._source(query)
        paths = Paths(self._catalogue, self._reader, query.text)
        path = query.selected[0]
        if not isinstance(path, Path) or len(query.selected) > 1:
            message = "semi join sub-selects can only query one field"
            raise Refusal("MALFORMED_QUERY", message)
        column = paths.column(sobject, path)
        return [column.read(row) for row in self._matching(query, sobject, paths)]

    def _shower(
        self, query: Query, sobject: SObject, paths: Paths
    ) -> Callable[[Row], Record]:
        fillers: list[Callable[[Row, Record], None]] = []
        seen: set[str] = set()
        for each in query.selected:
            if isinstance(each, Query):
                fillers.append(self._children(sobject, each))
            elif isinstance(each, Everything):
                fillers.append(self._everything(query, sobject, each))
            elif isinstance(each, Path):
                self._refuse_twice(str(each).lower(), seen)
                column = paths.column(sobject, each)
                fillers.append(self._filler(paths, sobject, column))

        def show(row: Row) -> Record:
            record: Record = {"attributes": attributes(sobject, row, self._version)}
            for fill in fillers:
                fill(row, record)
            return record

        return show

    def _refuse_twice(self, name: str, seen: set[str]) -> None:
        if name in seen:
            raise Refusal("INVALID_FIELD", f"duplicate field selected: {name}")
        seen.add(name)

    def _filler(
        self, paths: Paths, sobject: SObject, column: Column
    ) -> Callable[[Row, Record], None]:
        name, read = column.field.name, column.read
        if not column.steps:

            def own(row: Row, record: Record) -> None:
                record[name] = as_json(read(row))

            return own

        def through(row: Row, record: Record) -> None:
            home = self._nest(paths, sobject, row, record, column.steps)
            if home is not None:
                home[name] = as_json(read(row))

        return through

    def _nest(
        self,
        paths: Paths,
        sobject: SObject,
        row: Row,
        record: Record,
        steps: tuple[Field, ...],
    ) -> Record | None:
        """The nested object for a path of parents, or None where one is missing."""
        for depth, step in enumerate(steps, start=1):
            key = str(step.relationship)
            found = paths.follow(sobject, row, steps[:depth])
            if found is None:
                record[key] = None
                return None
            nested = {"attributes": attributes(*found, self._version)}
            record = record.setdefault(key, nested)
        return record

    def _everything(
        self, query: Query, sobject: SObject, asked: Everything
    ) -> Callable[[Row, Record], None]:
        if asked.kind != "STANDARD" and (query.limit is None or query.limit > 200):
            message = (
                "The SOQL FIELDS function must have a LIMIT of at most 200 for "
                f"FIELDS({asked.kind})"
            )
            raise Refusal("MALFORMED_QUERY", message)
        fields = [
            each
            for each in sobject.fields
            if asked.kind == "ALL" or each.custom == (asked.kind == "CUSTOM")
        ]

        def fill(row: Row, record: Record) -> None:
            for each in fields:
                record[each.name] = as_json(self._reader.value(sobject, row, each))

        return fill

    def _children(
        self, sobject: SObject, query: Query
    ) -> Callable[[Row, Record], None]:
        child, link = self._child_relationship(sobject, query)
        paths = Paths(self._catalogue, self._reader, query.text)
        show = self._shower(query, child, paths)
        matching = self._matching(query, child, paths, sliced=False)
        by_parent: dict[str, list[Row]] = {}
        for row in matching:
            by_parent.setdefault(row.get(link.name) or "", []).append(row)

        def fill(row: Row, record: Record) -> None:
            found = _slice(query, by_parent.get(row["Id"], []))
            shown = [show(each) for each in found]
            whole = {"totalSize": len(shown), "done": True, "records": shown}
            record[str(link.child_relationship)] = whole if shown else None

        return fill

    def _child_relationship(
        self, sobject: SObject, query: Query
    ) -> tuple[SObject, Field]:
        for child, link in self._catalogue.children(sobject.name):
            if (link.child_relationship or "").lower() == query.source.lower():
                return child, link
        message = (
            f"{picture(query.text, query.source_at)}Didn't understand relationship "
            f"'{query.source}' in FROM part of query call. If you are attempting to "
            "use a custom relationship, be sure to append the '__r' after the custom "
            f"relationship name. {refusals.CHECK_WSDL}"
        )
        raise Refusal("INVALID_TYPE", message)


def _slice(query: Query, rows: list[Any]) -> list[Any]:
    rows = rows[query.offset :] if query.offset else rows
    return rows if query.limit is None else rows[: query.limit]
