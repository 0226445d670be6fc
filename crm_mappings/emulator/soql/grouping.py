"""Owns aggregates: COUNT, SUM and their like, over groups of rows."""

from collections.abc import Callable, Iterator
from typing import Any

from crm_mappings.emulator.refusals import Refusal
from crm_mappings.emulator.rows import Row
from crm_mappings.emulator.soql.paths import Column
from crm_mappings.emulator.soql.syntax import Aggregate, Order, Path, Query
from crm_mappings.emulator.values import as_json

FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "MIN": lambda values: min(values, default=None),
    "MAX": lambda values: max(values, default=None),
    "SUM": lambda values: sum(values) if values else None,
    "AVG": lambda values: sum(values) / len(values) if values else None,
}


def grouped(
    query: Query, rows: list[Row], column: Callable[[Path], Column]
) -> list[dict[str, Any]]:
    keys = {str(path).lower(): column(path) for path in query.groups}
    groups: dict[tuple[Any, ...], list[Row]] = {} if query.groups else {(): rows}
    for row in rows if query.groups else []:
        key = tuple(each.read(row) for each in keys.values())
        groups.setdefault(key, []).append(row)
    cells = [_cell(each, keys, column) for each in query.selected]
    records = []
    for members in groups.values():
        names = _names()
        record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
        for name, value in cells:
            record[name or next(names)] = as_json(value(members))
        records.append(record)
    return records


def sort_groups(query: Query, records: list[dict[str, Any]]) -> None:
    """Groups are ordered by what they show: a group's field or an alias."""
    for order in reversed(query.order):
        name = order.path.parts[-1].lower()
        shown = {key.lower(): key for key in records[0]} if records else {name: name}
        if name not in shown:
            message = f"Ordered field must be grouped or aggregated: {order.path}"
            raise Refusal("MALFORMED_QUERY", message)
        _sort(records, shown[name], order)


def _sort(records: list[dict[str, Any]], key: str, order: Order) -> None:
    filled = [each for each in records if each[key] is not None]
    empty = [each for each in records if each[key] is None]
    filled.sort(key=lambda each: each[key], reverse=order.descending)
    records[:] = filled + empty if order.nulls_last else empty + filled


def _names() -> Iterator[str]:
    return (f"expr{number}" for number in range(100))


def _cell(
    selected: Any, keys: dict[str, Column], column: Callable[[Path], Column]
) -> tuple[str | None, Callable[[list[Row]], Any]]:
    if isinstance(selected, Path):
        if str(selected).lower() not in keys:
            message = f"Field must be grouped or aggregated: {selected}"
            raise Refusal("MALFORMED_QUERY", message)
        read = keys[str(selected).lower()].read
        return keys[str(selected).lower()].field.name, lambda rows: read(rows[0])
    if not isinstance(selected, Aggregate) or selected.path is None:
        raise Refusal(
            "MALFORMED_QUERY", "a grouped query selects groups and aggregates"
        )
    read, function = column(selected.path).read, FUNCTIONS[selected.function]

    def value(rows: list[Row]) -> Any:
        found = (read(row) for row in rows)
        return function([each for each in found if each is not None])

    return selected.alias, value
